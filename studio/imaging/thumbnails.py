"""The thumbnails beside each stored picture."""

THUMBNAIL_WIDTHS = (512, 1280)  # px


def thumbnail_name(name: str, width: int) -> str:
    """The storage name of a picture's thumbnail: `….png` has `….512.webp` and `….1280.webp` beside it."""
    return f"{name.rpartition('.')[0]}.{width}.webp"
