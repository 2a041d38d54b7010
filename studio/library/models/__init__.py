"""The tables of the library, a module for each."""

from .mask import Draft, Mask
from .picture import SPEND_COLUMNS, Opening, Picture, PictureQuerySet

__all__ = ["SPEND_COLUMNS", "Draft", "Mask", "Opening", "Picture", "PictureQuerySet"]
