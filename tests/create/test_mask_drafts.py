"""What a draft may hold: everything the editor writes, and nothing that a browser or a database would reject."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from studio.accounts.models import User
from studio.create import mask_drafts
from studio.library.models import Draft, Picture

PICTURE = Picture(width=640, height=480)
CONTENT: dict[str, Any] = {
    "width": 640,
    "height": 480,
    "base": None,
    "operations": [["stroke", "add", 256, [80, 80, 8, -8], [256, 0]], ["invert"], ["bitmap", "AAEC"]],
    "unfinished": ["polygon", "add", 0, [80, 80, 400, 0]],
    "prompt": "A glass button, 🫖",
}


def body(version: Any = 3, **changes: Any) -> bytes:
    return json.dumps({"version": version, "draft": CONTENT | changes}).encode()


def test_what_the_editor_writes_is_stored_unchanged() -> None:
    assert mask_drafts.parse_draft(body(), picture=PICTURE) == (3, CONTENT)
    assert mask_drafts.parse_draft(body(base="AAEC", unfinished=None, prompt="p" * 40_000), picture=PICTURE)[0] == 3


def deep(levels: int) -> Any:
    return "[" * levels + "]" * levels


INVALID = {
    "nothing": b"",
    "no text": b"\xff\xfe\x00",
    "too deep to be read": deep(100_000).encode(),
    "a number beyond all numbers": b'{"version": 1e999, "draft": {}}',
    "a number of ten thousand digits": b'{"version": ' + b"9" * 10_000 + b', "draft": {}}',
    "no number": b'{"version": NaN, "draft": {}}',
    "a version that is true": body(version=True),
    "a version no row can hold": body(version=2**63),
    "a version below the first": body(version=-1),
    "a part that does not exist": body(extra=1),
    "another width": body(width=641),
    "a width in words": body(width="640"),
    "a height with a fraction": body(height=480.0),
    "a base that is a list": body(base=[]),
    "operations that are an object": body(operations={}),
    "an unfinished shape that is no row": body(unfinished={"polygon": []}),
    "an operation that is a text": body(operations=["invert"]),
    "an operation that is an object": body(operations=[["stroke", {}]]),
    "a fraction in an operation": body(operations=[["stroke", "add", 1.5, [1, 2]]]),
    "an endless number in an operation": b'{"version": 1, "draft": {"operations": [["stroke", "add", 1e999]]}}',
    "a huge number in an operation": body(operations=[["stroke", "add", 2**40, [1, 2]]]),
    "rows in rows in rows": body(operations=[["stroke", [[1]]]]),
    "a prompt beyond its length": body(prompt="p" * 40_001),
    "a prompt with a NUL": body(prompt="a\0b"),
    "half a character": body(prompt="\ud83e"),
    "no prompt but null": body(prompt=None),
}


@pytest.mark.parametrize("invalid", INVALID.values(), ids=INVALID)
def test_an_invalid_draft_is_refused(invalid: bytes) -> None:
    with pytest.raises(mask_drafts.InvalidDraft):
        mask_drafts.parse_draft(invalid, picture=PICTURE)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
NEAR = st.fixed_dictionaries(
    {"version": VALUES | st.just(1), "draft": VALUES | st.dictionaries(st.sampled_from([*CONTENT]), VALUES)}
)


@given(st.binary() | NEAR.map(lambda data: json.dumps(data).encode()))
def test_any_body_is_a_draft_or_refused(data: bytes) -> None:
    try:
        version, content = mask_drafts.parse_draft(data, picture=PICTURE)
    except mask_drafts.InvalidDraft:
        return
    assert 0 <= version < 2**31
    assert json.loads(json.dumps(content, allow_nan=False)) == content


def test_the_limit_is_eight_mebibytes() -> None:
    assert mask_drafts.parse_draft(body().ljust(mask_drafts.MAX_BODY), picture=PICTURE)[0] == 3
    with pytest.raises(RequestDataTooBig):
        mask_drafts.parse_draft(body().ljust(mask_drafts.MAX_BODY + 1), picture=PICTURE)


def test_a_draft_that_is_too_large_is_refused_and_the_stored_one_stays(
    client_of: Callable[[User], Client], ben: User
) -> None:
    facts = {"file": "none.png", "sha256": "0", "byte_count": 1, "format": "png"}
    picture = Picture.objects.create(owner=ben, width=640, height=480, **facts)
    draft = Draft.objects.create(owner=ben, picture=picture, version=3, content=CONTENT)
    client, address = client_of(ben), mask_drafts.draft_url(draft)
    answer = client.put(address, body(base="A" * mask_drafts.MAX_BODY), "application/json")
    assert answer.status_code == 413
    assert "8 MB" in answer.json()["error"]
    assert client.put(address, body(base="A" * 1_000_000), "application/json").json() == {"version": 4}
    draft.refresh_from_db()
    assert draft.content["base"] == "A" * 1_000_000
