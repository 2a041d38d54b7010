"""The billing log: one JSON line per call, on disk before the last byte of the reply is sent."""

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class BillingLog:
    """An append-only JSONL file; each line is flushed to the disk before `append` returns."""

    def __init__(self, folder: Path) -> None:
        """Open `<folder>/requests.jsonl`, making the folder; raises OSError when it cannot be written."""
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "requests.jsonl"
        self._file = self.path.open("ab")
        self._lock = threading.Lock()
        self._end_cut_line()

    def append(self, line: Mapping[str, Any]) -> None:
        """Write one line and wait until it is on the disk."""
        data = json.dumps(line, ensure_ascii=True).encode() + b"\n"
        with self._lock:
            self._file.write(data)
            self._file.flush()
            os.fsync(self._file.fileno())

    def lines(self) -> list[dict[str, Any]]:
        """All lines, oldest first; a line cut off by a crash is left out."""
        parsed = []
        for raw in self.path.read_bytes().splitlines():
            try:
                parsed.append(json.loads(raw))
            except ValueError:
                continue
        return parsed

    def close(self) -> None:
        """Close the file; nothing can be written afterwards."""
        self._file.close()

    def _end_cut_line(self) -> None:
        """End a line that a crash cut off, so that the next one stays readable."""
        if self.path.stat().st_size and not self.path.read_bytes().endswith(b"\n"):
            self._file.write(b"\n")
