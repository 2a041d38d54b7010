"""Every error a person may meet: what gateways say, what it means, and what helps.

Sources: the guide's "Common Errors", and errors that OpenAI, sub2api and similar gateways are known to return. The
first row that matches wins, so specific rows stand above general ones. Whether it cost money is a fact of the error
class.
"""

from django.utils.translation import gettext_noop as _

from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import error_types_by_kind

from ..models import Attempt, Job
from .gateway_rows import ACCESS_ROWS, KEY_ROWS, LIMIT_ROWS, REACH_ROWS
from .request_rows import REQUEST_ROWS, STUDIO_ROWS, UNKNOWN_ROWS
from .row import ADMIN, EDIT, ELSEWHERE, FORM, KEYS, PREVIEWS, QUALITY, RETRY, SIZE, WAIT, Row

__all__ = [
    "ADMIN",
    "EDIT",
    "ELSEWHERE",
    "FORM",
    "KEYS",
    "PREVIEWS",
    "QUALITY",
    "RETRY",
    "ROWS",
    "SECTIONS",
    "SIZE",
    "WAIT",
    "Row",
    "find",
    "row_for",
]

# The sections of the page of errors; rows are searched in this order.
SECTIONS: tuple[tuple[str, tuple[Row, ...]], ...] = (
    (_("Keys"), KEY_ROWS),
    (_("Limits and moments"), LIMIT_ROWS),
    (_("The request itself"), REQUEST_ROWS),
    (_("The outcome is unknown"), UNKNOWN_ROWS),
    (_("Accounts and addresses"), ACCESS_ROWS),
    (_("No connection"), REACH_ROWS),
    (_("The studio itself"), STUDIO_ROWS),
)
ROWS: tuple[Row, ...] = tuple(row for _title, rows in SECTIONS for row in rows)


def find(
    kind: type[GatewayError], *, code: str = "", param: str = "", status: int | None = None, detail: str = ""
) -> Row:
    """The row for an error as an attempt stores it."""
    return next(row for row in ROWS if row.fits(kind, code=code, param=param, status=status, detail=detail))


def row_for(job: Job, attempt: Attempt | None) -> Row:
    """The row for a failed job; `attempt` is its last one."""
    kind = error_types_by_kind().get(job.error_kind, GatewayError)
    if attempt is None or attempt.error_kind != job.error_kind:
        return find(kind)
    return find(
        kind,
        code=attempt.error_code,
        param=attempt.error_param,
        status=attempt.status,
        detail=attempt.error_detail,
    )
