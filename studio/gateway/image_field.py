"""The form field of an edit's images: what the API documents, what some gateways read instead, and how they say so."""

import re

from .errors import ImageFieldRefused, RequestRefused

IMAGE_FIELD = "image[]"  # what the API documents
PLAIN_IMAGE_FIELD = "image"  # what some gateways read instead

_NO_MODEL = r"(?![\w\s]*\bmodel)"
_MISSING_IMAGE = re.compile(
    r"\bimages?\b(\[\])?\W+(\w+\W+){0,4}(required|missing|not provided|not found|empty)"
    rf"|\b(required?s?|missing|no|without|provide|upload|expected|at least one|unknown parameter)\W+(\w+\W+){{0,3}}"
    rf"images?\b{_NO_MODEL}|(缺少|需要|必须|未提供|请上传|请提供|没有).{{0,8}}(图|image)",
    re.IGNORECASE,
)


def misses_images(refusal: RequestRefused) -> bool:
    """Whether a 400 or 422 says that no image was found, though some were sent (contract §6.10)."""
    if refusal.status not in (400, 422) or refusal.maybe_billed or re.search(r"\bmask\b", refusal.detail):
        return False
    if (refusal.param or "").rstrip("[]") in ("image", "images"):
        return bool(re.search(r"required|missing|unknown|unexpected|empty|not found", refusal.detail, re.IGNORECASE))
    return not refusal.param and bool(_MISSING_IMAGE.search(refusal.detail[:1000]))


def image_field_refused(refusal: RequestRefused) -> ImageFieldRefused:
    """The same refusal as an error about the images' field."""
    error = ImageFieldRefused(refusal.detail, status=refusal.status, code=refusal.code, param=refusal.param)
    error.request_id, error.upstream_request_id = refusal.request_id, refusal.upstream_request_id
    return error
