"""CSV for spreadsheets: no cell is a formula, all characters are preserved, and it is streamed."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connection
from django.http import StreamingHttpResponse
from django.utils import timezone

BOM = "\ufeff"  # without it Excel does not read the file as UTF-8
# Characters that start a formula. The wide forms do so in East Asian locales; after a tab or a line end the next
# character may.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Row = Sequence[Any]
Pages = Callable[[Any], tuple[Sequence[Row], Any]]  # cursor → rows and the next cursor, None after the last


def cell(value: Any) -> str:
    """One value as text: exact amounts, instants in the studio's time, text that is never a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, int | float | date):
        return str(value)
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(DANGEROUS) else text


def plain(amount: Decimal) -> str:
    """All digits without an exponent, at least two after the point: 0.052704, 12.00."""
    whole, _, rest = f"{amount:f}".partition(".")
    return f"{whole}.{rest.rstrip('0'):0<2}"


def csv_lines(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def csv_response(name: str, *, header: Row, pages: Pages) -> StreamingHttpResponse:
    """A download that is streamed page by page; only one page is in memory at a time."""
    response = StreamingHttpResponse(stream(header, pages), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Accel-Buffering"] = "no"
    return response


async def stream(header: Row, pages: Pages) -> AsyncIterator[bytes]:
    yield (BOM + csv_lines([header])).encode()
    cursor: Any = None
    while True:
        text, cursor = await sync_to_async(read_page)(pages, cursor)
        if text:
            yield text
        if cursor is None:
            return


def read_page(pages: Pages, cursor: Any) -> tuple[bytes, Any]:
    """One page as bytes. Reading and encoding share a thread, to keep the event loop free."""
    try:
        rows, following = pages(cursor)
        return csv_lines(rows).encode(), following
    finally:
        # A slow client must not hold a connection between pages; inside a transaction its owner closes it.
        if not connection.in_atomic_block:
            close_old_connections()
