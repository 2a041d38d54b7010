"""Image requests to JSON data, as the studio stores them, and back."""

from dataclasses import asdict
from typing import Any

from .edits import EditRequest, ImageFile
from .requests import ImageRequest
from .sizes import AUTO, Size


def request_to_data(request: ImageRequest) -> dict[str, Any]:
    """Every field of a request, so that `request_from_data` gives an equal one; an edit has `images` and `mask`."""
    data = asdict(request) | {"size": str(request.size), "omitted": sorted(request.omitted)}
    if isinstance(request, EditRequest):
        data["images"] = list(data["images"])
    return data


def request_from_data(data: dict[str, Any]) -> ImageRequest:
    """The request that `request_to_data` was given; raise KeyError or TypeError for other data."""
    fields = dict(data)
    size = fields["size"]
    fields |= {"size": AUTO if size == AUTO else Size.parse(size), "omitted": frozenset(fields["omitted"])}
    if "images" not in fields:
        return ImageRequest(**fields)
    mask = fields["mask"]
    fields |= {
        "images": tuple(ImageFile(**image) for image in fields["images"]),
        "mask": ImageFile(**mask) if mask else None,
    }
    return EditRequest(**fields)
