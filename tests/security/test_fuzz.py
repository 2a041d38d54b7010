"""Fuzz tests: any values in an address or a form, and any bytes as a file, get a response below 500."""

import io
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache as once
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django import forms
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from studio import settings as shipped

from .matrix import PAGES, Row, rows
from .sample_data import REQUEST, SampleData
from .test_matrix import sign_in

pytestmark = pytest.mark.django_db

STUDIO = Path(shipped.BASE_DIR) / "studio"
REPEATABLE_SETTINGS = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck), max_examples=120
)


RARE_SETTINGS = settings(REPEATABLE_SETTINGS, max_examples=60)


@once
def names() -> list[str]:
    """Every parameter name that the studio's code reads from an address or a form."""
    found = set()
    for path in STUDIO.rglob("*.py"):
        found |= set(re.findall(r"""(?:GET|POST|FILES|query)(?:\.get(?:list)?\(|\[)"([\w-]+)\"""", path.read_text()))
    kinds = [forms.BaseForm]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        found |= set(getattr(kind, "base_fields", {}))
    return sorted(found)


DEEPLY_NESTED = "[" * 20_000  # deeper than any parser of Python's goes
ODD = [
    *("", " ", "\0", "a\0b", "\ufeff", "\u202e", "٣", "²", "１", "-0", "-1", "1e400", "NaN", "Infinity", "0x10", "1_0"),
    *(
        "9" * 18,
        "9" * 30,
        "9" * 5000,
        "-" + "9" * 400,
        "0." + "0" * 300 + "1",
        "1.5",
        "1024x0",
        "99999x99999",
        "m" * 70,
    ),
    *("2026-13", "2026-02-30", "0000-01", "9999-12", "2026-10-09T25:00", "true", "null", "{}", "[]", '{"a":'),
    *('"\\ud800"', '{"a": "\\u0000"}', '{"response": {"clientDataJSON": "e30"}}', "' OR 1=1 --", "%00", "%s"),
    *("{0.__class__}", "../../etc/passwd", "//evil.example", "javascript:alert(1)", "m" * 70, "a@b", "a@" + "b" * 300),
    *("http://[::1", "http://169.254.169.254/", "https://x.example:99999/", "\ud7ff\U0010ffff"),
]
ODD_VALUES = st.sampled_from(ODD) | st.text(max_size=30) | st.integers().map(str)
# A few odd values among valid ones, or odd values in every field there is.
FEW = st.dictionaries(st.deferred(lambda: st.sampled_from(names())), ODD_VALUES, max_size=6)
ALL = st.lists(ODD_VALUES, min_size=1, max_size=4).map(lambda values: dict(zip(names(), cycle(values), strict=False)))
FUZZED_FIELDS = FEW | ALL
GET_ROWS = [row for row in rows(PAGES) if row.method == "GET"]
FORM_ROWS = [row for row in rows(PAGES) if row.method != "GET"]
VISITORS = st.sampled_from(["nobody", "ben", "ada"])


@pytest.fixture(scope="module")
def sample(django_db_setup: None, django_db_blocker: Any, folder: None) -> Iterator[SampleData]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield SampleData()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def no_rate_limits(settings: Any) -> None:
    settings.RATES = dict.fromkeys(settings.RATES, 0)


def reject_nul(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """Fail for NUL in a text, which SQLite accepts and PostgreSQL refuses."""
    for values in params if many else [params]:
        for value in values or ():
            if isinstance(value, str) and "\0" in value:
                raise ValueError(f"only SQLite takes NUL: {sql[:200]}")
    return execute(sql, params, many, context)


def status_of(sample: SampleData, role: str, ask: Callable[[Client], Any]) -> int:
    """The status of a response, read to its end; an uncaught exception is raised, and all changes are rolled back."""
    cache.clear()
    browser = Client()
    with transaction.atomic():
        if person := sample.people[role]:
            sign_in(browser, person)
        with connection.execute_wrapper(reject_nul):
            answer = ask(browser)
            b"".join(answer) if answer.streaming else answer.content
        transaction.set_rollback(True)
    return int(answer.status_code)


def fuzzed_status(sample: SampleData, row: Row, role: str, fuzzed: dict[str, str], is_htmx: bool) -> int:
    """The status of this row's address, with fuzzed fields among its parameters or form data."""
    path, _, query = row.to(sample.values).partition("?")
    headers = {"HX-Request": "true"} if is_htmx else {}
    if row.method == "GET":
        sent = dict(parse_qsl(query, keep_blank_values=True)) | fuzzed
        return status_of(sample, role, lambda browser: browser.get(path, sent, headers=headers))
    form = encode_multipart(BOUNDARY, row.fields(sample.values) | fuzzed)
    path = row.to(sample.values)
    return status_of(sample, role, lambda it: it.generic(row.method, path, form, MULTIPART_CONTENT, headers=headers))


@REPEATABLE_SETTINGS
@given(row=st.sampled_from(GET_ROWS), role=VISITORS, fuzzed=FUZZED_FIELDS, is_htmx=st.booleans())
def test_no_address_fails_with_fuzzed_parameters(
    sample: SampleData, row: Row, role: str, fuzzed: dict[str, str], is_htmx: bool
) -> None:
    assert fuzzed_status(sample, row, role, fuzzed, is_htmx) < 500


@REPEATABLE_SETTINGS
@given(row=st.sampled_from(FORM_ROWS), role=VISITORS, fuzzed=FUZZED_FIELDS, is_htmx=st.booleans())
def test_no_form_fails_with_fuzzed_fields(
    sample: SampleData, row: Row, role: str, fuzzed: dict[str, str], is_htmx: bool
) -> None:
    assert fuzzed_status(sample, row, role, fuzzed, is_htmx) < 500


@pytest.mark.parametrize("row", FORM_ROWS, ids=str)
def test_no_form_fails_with_deeply_nested_values(sample: SampleData, row: Row) -> None:
    for role in ("nobody", "ada" if row.answers["ben"] == "404" else "ben"):
        assert fuzzed_status(sample, row, role, dict.fromkeys(names(), DEEPLY_NESTED), False) < 500


def test_what_no_text_can_hold_leads_nowhere_or_is_left_out(sample: SampleData) -> None:
    values = sample.values
    for address in ("/threads/?q=a%00b", "/settings/audit/?action=%00", "/settings/safety/?category=%00", "/%00/"):
        assert status_of(sample, "ada", lambda browser, to=address: browser.get(to)) == 404
    for role, address, form in [
        ("ben", f"/threads/{values['thread']}/title/", {"title": "a\0b"}),
        ("ada", f"/settings/safety/{values['safety_note']}/mistake/", {"text": "\0"}),
    ]:
        assert status_of(sample, role, lambda browser, to=address, sent=form: browser.post(to, sent)) == 302


@pytest.mark.parametrize("person", ["9" * 5000, "nobody", "-1", "999999999"])
def test_a_raise_for_nobody_there_is_not_given_to_the_studio(sample: SampleData, person: str) -> None:
    form = {"person": person, "kind": "day", "amount": "5"}
    assert status_of(sample, "ada", lambda browser: browser.post("/settings/budgets/raises/", form)) == 404


# ── Files ───────────────────────────────────────────────────────────────────────────────────────────────────────────

UPLOAD_PATHS = ["/pictures/", "/generations/", "/pictures/{picture}/mask/", "/threads/", "/threads/{thread}/turns/"]
MODES = ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB", "I", "I;16", "F"]
FORMATS = ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "ICO", "PPM", "TGA", "PDF"]


def sample_files() -> list[bytes]:
    """A small picture in every mode of every format, and files that only look like pictures."""
    files = [b"", b"\x89PNG\r\n\x1a\n", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", b"<html>"]
    for kind in FORMATS:
        for mode in MODES:
            out = io.BytesIO()
            with suppress(Exception):
                Image.new(mode, (40, 24)).save(out, kind)
                files.append(out.getvalue())
    return files


FILES = sample_files()
PATCHES = st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8))


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """One of the files, with some bytes overwritten and its end cut off."""
    data = bytearray(draw(st.sampled_from(FILES)))
    for share, patch in draw(st.lists(PATCHES, max_size=3)):
        at = int(share * len(data))
        data[at : at + len(patch)] = patch
    return bytes(data[: int(len(data) * draw(st.sampled_from([1, 1, 0.98, 0.5])))])


def test_the_files_are_of_many_kinds() -> None:
    assert len(FILES) > 50


@RARE_SETTINGS
@given(
    path=st.sampled_from(UPLOAD_PATHS),
    file=files(),
    name=st.sampled_from(["a.png", "", "../../a.svg", "a\0.png", "ä" * 300]),
)
def test_no_upload_fails_with_a_fuzzed_file(sample: SampleData, path: str, file: bytes, name: str) -> None:
    upload = {part: SimpleUploadedFile(name or "-", file, "image/png") for part in ("file", "references", "mask")}
    form = REQUEST | {"token": str(uuid.uuid4()), "send": "whole", "lock": "on"} | upload
    where = path.format(**sample.values)
    assert status_of(sample, "ben", lambda browser: browser.post(where, form)) < 500


MULTIPART_PIECES = [
    *(b"--b\r\n", b"--b--\r\n", b"--b", b"\r\n", b"\r\n\r\n", b"\n", b"\0", b"x" * 3000, b"--", b";", b"\xff\xfe"),
    b'Content-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n',
    b'Content-Disposition: form-data; name="prompt"\r\n\r\n',
    *(b'Content-Disposition: form-data; name=""\r\n', b"Content-Disposition: attachment; filename*=utf-8''%ff%00\r\n"),
    *(b"Content-Transfer-Encoding: base64\r\n\r\n", b"Content-Transfer-Encoding: 7bit\r\n", b"Content-Length: -1\r\n"),
    *(
        b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n",
        b"Content-Type: image/png; charset=utf-99\r\n",
        b"A" * 9,
    ),
    *(b"X: " + b"y" * 70_000 + b"\r\n", b"\x89PNG\r\n\x1a\n", b"=?utf-8?q?a?="),
]
CONTENT_TYPES = [
    *(
        "multipart/form-data; boundary=b",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=b",
    ),
    *(
        "multipart/form-data; boundary=" + "b" * 300,
        "multipart/form-data; boundary=b; charset=utf-16",
        "multipart/form-data; boundary=ü",
    ),
    *("application/json", "application/x-www-form-urlencoded; charset=nothing", "", "text/plain", "\0"),
]


@RARE_SETTINGS
@given(
    path=st.sampled_from(UPLOAD_PATHS),
    body=st.lists(st.sampled_from(MULTIPART_PIECES) | st.binary(max_size=20), max_size=14).map(b"".join),
    kind=st.sampled_from(CONTENT_TYPES[:1] * 6 + CONTENT_TYPES),
)
def test_no_upload_fails_with_fuzzed_multipart(sample: SampleData, path: str, body: bytes, kind: str) -> None:
    where = path.format(**sample.values)
    assert status_of(sample, "ben", lambda browser: browser.generic("POST", where, body, kind)) < 500
