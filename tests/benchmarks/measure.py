"""What every benchmark needs: middle and worst values, a process's memory, a studio in front of a canned upstream."""

import os
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.browser.process import Studio
from tests.server.visitor import Visitor


def middle(values: Sequence[float]) -> float:
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def memory(pid: int, line: str = "VmRSS") -> int:
    """A process's resident memory (VmHWM: the most it ever was), in bytes."""
    found = next(text for text in Path(f"/proc/{pid}/status").read_text().splitlines() if text.startswith(line))
    return int(found.split()[1]) * 1024


def work(pid: int) -> float:
    """The processor time a process has used, in seconds; unlike wall time, it does not mind a busy machine."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def studio_before(gateway: str, **environ: str) -> Iterator[tuple[Studio, Visitor]]:
    """A fresh studio with that gateway, and its admin signed in."""
    with tempfile.TemporaryDirectory(prefix="easel-benchmark-") as folder:
        environ = {"GATEWAY_BASE_URL": gateway, "GATEWAY_API_KEY": "sk-benchmark-0123456789"} | environ
        with Studio(Path(folder), **environ) as studio:
            yield studio, Visitor(studio).come_in()


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
