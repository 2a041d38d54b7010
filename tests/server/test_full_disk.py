"""A disk without room: nothing is sent while it is full, and a reply that was paid for waits until there is room."""

import os
from pathlib import Path

from tests.benchmarks.upstream import canned, picture
from tests.browser.process import Studio

from .disks import small
from .visitor import Rows, Visitor, eventually

JOB = "SELECT * FROM generations_job"
SENT = "SELECT count(*) FROM generations_attempt WHERE sent_at NOTNULL"


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    media = tmp_path / "studio" / "media"
    media.mkdir(parents=True)
    with canned(seconds=2) as gateway:
        studio = Studio(media.parent, GATEWAY_BASE_URL=gateway, GATEWAY_API_KEY="sk-up-0123456789abcdef")
        studio.wrapper = small(media)
        with studio:
            # The disk as the studio sees it: its mount is its own.
            disk = Path(f"/proc/{studio.process.pid}/root") / media.relative_to("/")
            visitor, rows = Visitor(studio).come_in(), Rows(studio.data)
            a_full_disk_is_told_before_anything_is_sent(disk, visitor, rows)
            a_paid_reply_waits_until_there_is_room(disk, visitor, rows)
            assert list((disk / "inbox").iterdir()) == []
            assert "Traceback" not in studio.log.read_text()


def a_full_disk_is_told_before_anything_is_sent(disk: Path, visitor: Visitor, rows: Rows) -> None:
    filler = leave(disk, free=1 << 20)
    visitor.submit("A shelf without room")
    [job] = eventually(lambda: rows(f"{JOB} WHERE state = 'failed'"), "it says that the disk is full")
    assert job["charge"] == "no"
    assert rows.one(SENT) == 0
    assert "disk is full" in visitor.http.get("/").text
    filler.unlink()


def a_paid_reply_waits_until_there_is_room(disk: Path, visitor: Visitor, rows: Rows) -> None:
    visitor.submit("A crowded shelf", output_format="png")
    eventually(lambda: rows.one(SENT), "the call is out")
    # Room for the reply in base64, not for the picture beside it.
    filler = leave(disk, free=len(picture(1024, 1024)) * 11 // 6)
    job = newest(rows, "failed")
    assert job["charge"] == "maybe"
    assert "appears once there is room" in visitor.http.get("/").text

    filler.unlink()

    assert newest(rows, "succeeded")["charge"] == "yes"
    original = f"/media/{rows.one('SELECT id FROM library_picture')}/original.png"
    assert visitor.http.get(original).status_code == 200
    entries = rows("SELECT verb, certainty FROM ledger_entry WHERE job_id = ? ORDER BY id", job["id"])
    assert [tuple(entry.values()) for entry in entries] == [
        ("reserve", ""),
        ("settle", "maybe"),
        ("correct", "exact"),
    ]


def newest(rows: Rows, state: str) -> dict[str, object]:
    query = f"{JOB} WHERE state = ? AND id = (SELECT max(id) FROM generations_job)"
    [job] = eventually(lambda: rows(query, state), f"the job has {state}")
    return dict(job)


def leave(folder: Path, *, free: int) -> Path:
    """Fill a disk until so many bytes are left."""
    disk = os.statvfs(folder)
    filler = folder / "filler"
    filler.write_bytes(bytes(disk.f_bavail * disk.f_frsize - free))
    return filler
