import asyncio
import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.ledger import csv_export

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1+1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_is_never_a_formula(text):
    assert csv_export.cell(text) == f"'{text}"


def test_an_amount_stays_a_number_even_below_zero():
    assert [csv_export.cell(Decimal(text)) for text in ("-0.0100", "1E+3", "0E-12", "0.052704000000")] == [
        "-0.01",
        "1000.00",
        "0.00",
        "0.052704",
    ]


def test_dates_and_instants_are_written_in_the_studios_time(settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    assert csv_export.cell(datetime(2026, 10, 31, 18, 30, tzinfo=UTC)) == "2026-11-01 02:30:00"
    assert csv_export.cell(date(2028, 2, 29)) == "2028-02-29"


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2)))
def test_any_text_survives_the_export(rows):
    text = csv_export.csv_lines(rows)
    back = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert back == [[csv_export.cell(word) for word in row] for row in rows]
    assert not any(word.lstrip(" ").startswith(csv_export.DANGEROUS) for row in back for word in row)


def test_a_download_is_streamed_by_page_and_begins_with_a_byte_order_mark():
    asked = []

    def pages(cursor):
        asked.append(cursor)
        at = cursor or 0
        return [[at, "é"]], at + 1 if at < 2 else None

    async def gather():
        return [chunk async for chunk in csv_export.csv_response("spend", header=["n", "word"], pages=pages)]

    chunks = asyncio.run(gather())
    assert asked == [None, 1, 2]
    assert len(chunks) == 4
    assert b"".join(chunks).decode("utf-8-sig").splitlines() == ["n,word", "0,é", "1,é", "2,é"]
    assert chunks[0].startswith(b"\xef\xbb\xbf")
