"""The tables of the library, a module for each."""

from .collection import Collection, CollectionPicture, PictureTag, Tag
from .mask import Draft, Mask
from .picture import SPEND_COLUMNS, Opening, Picture, PictureQuerySet
from .search_entry import SearchEntry
from .storage_rules import StorageRules

__all__ = [
    "SPEND_COLUMNS",
    "Collection",
    "CollectionPicture",
    "Draft",
    "Mask",
    "Opening",
    "Picture",
    "PictureQuerySet",
    "PictureTag",
    "SearchEntry",
    "StorageRules",
    "Tag",
]
