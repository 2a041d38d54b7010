"""Owns the HTTP call to a gateway: one call, one complete reply in the inbox or one typed error; the only httpx import.

Never retries, never knows Django, never lets the key out.
Public: everything named in `__all__`.
"""

from . import errors
from .account import Account
from .answer import ResponseReply, read_response
from .client import Gateway
from .endpoint import LATE_LARGE, LATE_NORMAL, BadEndpoint, Endpoint, Limits, Timeouts, late_after
from .errors import GatewayError
from .intake import OnPartial, OnText
from .keys import clean_key, fingerprint, key_problem
from .parts import IMAGE_FIELD, PLAIN_IMAGE_FIELD, Part
from .received import Received
from .redaction import redact
from .reply import Reply, decode_base64, read_reply
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
    "read_reply",
    "read_response",
    "redact",
]
