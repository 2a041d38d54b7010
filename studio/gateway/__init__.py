"""Owns the HTTP call to a gateway: one call, one complete reply in the inbox or one typed error; the only httpx import.

Never retries, never imports Django, never reveals the key.
Public: everything in `__all__`; the studio's own errors are in `studio_errors`.
"""

from . import errors
from .account import Account
from .client import Gateway
from .content_type import reply_type
from .endpoint import LATE_LARGE, LATE_NORMAL, BadEndpoint, Endpoint, Limits, Timeouts, late_after
from .errors import GatewayError
from .image_field import IMAGE_FIELD, PLAIN_IMAGE_FIELD
from .image_reply import Reply, read_reply
from .keys import clean_key, fingerprint, key_problem
from .multipart_stream import Part
from .picture_base64 import decode_base64
from .picture_formats import picture_format
from .received import Received
from .redaction import redact
from .response_reader import OnPartial, OnText
from .response_reply import ResponseReply, read_response
from .tasks import OnTask

__all__ = [
    "IMAGE_FIELD",
    "LATE_LARGE",
    "LATE_NORMAL",
    "PLAIN_IMAGE_FIELD",
    "Account",
    "BadEndpoint",
    "Endpoint",
    "Gateway",
    "GatewayError",
    "Limits",
    "OnPartial",
    "OnTask",
    "OnText",
    "Part",
    "Received",
    "Reply",
    "ResponseReply",
    "Timeouts",
    "clean_key",
    "decode_base64",
    "errors",
    "fingerprint",
    "key_problem",
    "late_after",
    "picture_format",
    "read_reply",
    "read_response",
    "redact",
    "reply_type",
]
