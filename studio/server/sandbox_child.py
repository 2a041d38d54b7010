"""The sandbox as a child process of `up`: the upstream of a studio without a gateway."""

import asyncio
import os
import secrets
import subprocess
import sys

from django.conf import settings
from django.db import connections

from studio.upstreams.models import SANDBOX, Upstream


class SandboxChild:
    """A sandbox process on a free loopback port, declared as the simulated upstream, restarted when it ends."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    @classmethod
    def start(cls) -> "SandboxChild":
        """Start the process; it exits by itself when this process ends, however it ends."""
        return cls(spawn())

    def declare(self) -> None:
        """Wait for its address, and declare it as the simulated upstream."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        address = next((word for word in line.split() if word.startswith("http://")), "")
        if not address:
            raise RuntimeError("the sandbox did not start")
        Upstream.objects.declare(
            name=SANDBOX,
            api_key=f"sk-sandbox-{secrets.token_hex(16)}",
            base_url=address,
            is_simulated=True,
            is_private_allowed=True,
        )

    async def keep_alive(self) -> None:
        """Restart it whenever it ends."""
        while True:
            await asyncio.sleep(1)
            if self.process.poll() is not None:
                self.process = spawn()
                await asyncio.to_thread(self._declare_again)

    def _declare_again(self) -> None:
        try:
            self.declare()
        finally:
            connections.close_all()

    def stop(self) -> None:
        self.process.terminate()


def spawn() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "studio.sandbox", "--port", "0", "--parent", str(os.getpid())]
    return subprocess.Popen(
        # In a session of its own, so that Ctrl-C in the terminal reaches `up` alone and running pictures finish.
        [*command, "--data", str(settings.DATA / "sandbox")],
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
