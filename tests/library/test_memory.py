"""What a small file can make the studio hold, measured in a process of its own, for Pillow's memory is not Python's."""

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tests.imaging.test_decoding import png_header

CAP = 640  # MB for one picture of 40 megapixels, and there are never more than two in work
MEASURE = """
import sys
from pathlib import Path
import django
django.setup()
from studio.imaging.decoding import Unreadable, decode, decode_with_pixels
from studio.imaging.masking import UnusableMask, read_mask
from studio.imaging.normalisation import normalise
def highest():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) >> 10
for file in sys.argv[1:]:
    data = Path(file).read_bytes()
    Path("/proc/self/clear_refs").write_text("5")
    before = highest()
    for read in (normalise, decode, decode_with_pixels, lambda data: read_mask(data, source=(8000, 5000))):
        try:
            read(data)
        except (Unreadable, UnusableMask):
            pass
    print(Path(file).name, highest() - before)
"""


def blank(mode: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (8000, 5000)).save(out, "PNG", compress_level=1, **options)
    return out.getvalue()


def with_words(size: int) -> bytes:
    """A picture with a compressed note of that many bytes."""
    note = b"zTXtComment\0\0" + zlib.compress(bytes(size))
    chunk = struct.pack(">I", len(note) - 4) + note + struct.pack(">I", zlib.crc32(note))
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return out.getvalue()[:33] + chunk + out.getvalue()[33:]


@pytest.mark.skipif(sys.platform != "linux", reason="the highest use of memory is read from /proc")
def test_no_small_file_makes_the_studio_hold_more_than_the_cap(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    most = {"claimed": 16, "wordy": 32, "deep": CAP, "turned": CAP}
    bombs = {
        "claimed": png_header(60_000, 60_000),
        "wordy": with_words(200 << 20),
        "deep": blank("I;16"),
        "turned": blank("RGBA", exif=turned),
    }
    for name, data in bombs.items():
        assert len(data) < 1 << 20
        (tmp_path / name).write_bytes(data)
    environ = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", MEASURE, *(tmp_path / name for name in most)]
    measured = subprocess.run(
        command, cwd=Path(__file__).parents[2], env=environ, check=True, capture_output=True, text=True
    )
    held = {name: int(megabytes) for name, megabytes in map(str.split, measured.stdout.splitlines())}
    assert held.keys() == most.keys()
    assert [name for name in most if held[name] > most[name]] == [], held
