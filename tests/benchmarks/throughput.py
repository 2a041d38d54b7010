"""Pictures a second through one worker, beside a bare loop of httpx that makes the same calls.

`uv run python -m tests.benchmarks.throughput`
"""

import asyncio
import base64
import tempfile
import time
from pathlib import Path

import httpx

from tests.server.visitor import Rows

from .measure import studio_before, work
from .upstream import canned

JOBS = 500
AT_ONCE = 60
SECONDS = 10.0  # what the upstream takes; a quick picture of the real one takes as long
GENERATION_FORM = {
    "model": "gpt-image-2",
    "prompt": "A bench",
    "size": "1024x1024",
    "quality": "low",
    "output_format": "png",
}
DONE = "SELECT count(*) FROM generations_job WHERE state = 'succeeded'"
OVER = "SELECT count(*) FROM generations_job WHERE state NOT IN ('queued', 'running')"


def main() -> None:
    with canned(seconds=SECONDS) as gateway:
        bare = asyncio.run(bare_loop(gateway))
        with studio_before(gateway, GATEWAY_SLOTS=f"{AT_ONCE},1") as (studio, visitor):
            rows, pid = Rows(studio.data), studio.process.pid
            worked, began = work(pid), time.perf_counter()
            for _ in range(JOBS // 10):
                visitor.submit("A bench", n="10", output_format="png")
            while rows.one(OVER) < JOBS:
                time.sleep(0.1)
            whole = time.perf_counter() - began
            worked = work(pid) - worked
            assert rows.one(DONE) == JOBS
    print(
        f"{JOBS} calls, {AT_ONCE} at once, {SECONDS:.0f} s each: bare {JOBS / bare:.2f} a second, "
        f"studio {JOBS / whole:.2f} a second = {bare / whole:.2f} ×, submits included; "
        f"{worked / JOBS * 1000:.0f} ms of processor time a job"
    )


async def bare_loop(gateway: str) -> float:
    """Seconds for all calls, each read, decoded and written to a file as the least one would want."""
    places = asyncio.Semaphore(AT_ONCE)
    with tempfile.TemporaryDirectory() as folder:
        async with httpx.AsyncClient(timeout=120, trust_env=False, limits=httpx.Limits(max_connections=None)) as client:

            async def call(number: int) -> None:
                async with places:
                    answer = await client.post(f"{gateway}/images/generations", json=GENERATION_FORM)
                    picture = base64.b64decode(answer.raise_for_status().json()["data"][0]["b64_json"])
                    (Path(folder) / f"{number}.png").write_bytes(picture)

            began = time.perf_counter()
            await asyncio.gather(*(call(number) for number in range(JOBS)))
            return time.perf_counter() - began


if __name__ == "__main__":
    main()
