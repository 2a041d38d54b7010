"""Pictures that came in a container the studio does not keep, such as AVIF or an animation, made ones it can show.

What was paid for is stored as it came beside them.
"""

import io
import threading

from PIL import Image

from .containers import MAX_EDGE, MAX_PIXELS
from .decoding import Decoded, Unreadable, describe, upright_transpose
from .pixels import Pixels, encode_png, image_of, pixels_of

# Pillow's readers that are safe with untrusted bytes: none of them starts another program.
READERS = ("AVIF", "HEIF", "PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "ICO", "QOI")
_one_at_a_time = threading.Lock()


def convert(data: bytes) -> tuple[Decoded, Pixels]:
    """A PNG of a picture, of an animation its first frame, and its pixels; or raise Unreadable."""
    with _one_at_a_time:
        pixels = first_frame(data)
        return describe(image_of(pixels), encode_png(pixels), format_name="png"), pixels


def first_frame(data: bytes) -> Pixels:
    try:
        with Image.open(io.BytesIO(data), formats=known_readers()) as image:
            if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_EDGE:
                raise Unreadable("broken")
            transpose = upright_transpose(image)
            image.load()
            return pixels_of(image, transpose=transpose)
    except Unreadable:
        raise
    except Exception as error:  # Pillow's readers raise a dozen types on damaged bytes
        raise Unreadable("broken") from error


def known_readers() -> list[str]:
    """Those of READERS that are installed; HEIC needs one of its own."""
    Image.init()
    return [name for name in READERS if name in Image.OPEN]
