"""CSV as spreadsheets read it: no cell is ever a formula, every letter survives, and it streams."""

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

BOM = "\ufeff"  # without it Excel reads UTF-8 as the machine's old code page
# What makes a spreadsheet calculate; the wide forms do so in East Asian settings, after a tab or a line end the next
# character may.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Row = Sequence[Any]
Pages = Callable[[Any], tuple[Sequence[Row], Any]]  # cursor → rows and the next cursor, None after the last


def cell(value: Any) -> str:
    """One value as text: money exact and plain, instants in the studio's time, words that are never a formula."""
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
    """All of its digits and no exponent, at least two behind the point: 0.052704, 12.00."""
    whole, _, rest = f"{amount:f}".partition(".")
    return f"{whole}.{rest.rstrip('0'):0<2}"


def lines(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def answer(name: str, *, header: Row, pages: Pages) -> StreamingHttpResponse:
    """A download that is sent page by page; the memory it takes is that of one page."""
    response = StreamingHttpResponse(stream(header, pages), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Accel-Buffering"] = "no"
    return response


async def stream(header: Row, pages: Pages) -> AsyncIterator[bytes]:
    yield (BOM + lines([header])).encode()
    cursor: Any = None
    while True:
        text, cursor = await sync_to_async(read_page)(pages, cursor)
        if text:
            yield text
        if cursor is None:
            return


def read_page(pages: Pages, cursor: Any) -> tuple[bytes, Any]:
    """One page as bytes, written where it was read, so that the loop is never busy with it."""
    try:
        rows, following = pages(cursor)
        return lines(rows).encode(), following
    finally:
        # A slow reader must not keep a connection between pages; one inside a transaction is its opener's to close.
        if not connection.in_atomic_block:
            close_old_connections()
