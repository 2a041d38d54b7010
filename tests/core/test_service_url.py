"""Addresses of servers in settings: what was escaped comes back, and nothing of a malformed one is repeated."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.service_url import ServiceUrl

SCHEMES = ["s3", "postgres"]
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
HOSTS = st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z0-9](\.[a-z]{2,8})?", fullmatch=True)


def refusal_of(action: Callable[[], object]) -> str:
    """The sentence with which it refuses; empty where it does not."""
    try:
        action()
    except ImproperlyConfigured as refusal:
        return str(refusal)
    return ""


def read(text: str) -> ServiceUrl:
    return ServiceUrl.read("STORAGE_URL", text, schemes=SCHEMES)


@settings(deadline=None)
@given(
    username=WORDS,
    password=WORDS,
    host=HOSTS,
    port=st.integers(1, 65535),
    bucket=st.from_regex("[a-z]{1,9}", fullmatch=True),
)
def test_whatever_stands_in_a_password_comes_back_unquoted(
    username: str, password: str, host: str, port: int, bucket: str
) -> None:
    url = read(f"s3://{quote(username, safe='')}:{quote(password, safe='')}@{host}:{port}/{bucket}")
    assert (url.username, url.password, url.host, url.port, url.path) == (username, password, host, port, bucket)


@settings(deadline=None)
@given(password=st.text("ab/+#@?:%&= ", min_size=3, max_size=20).map(lambda text: f"Zq7{text}Xw9"))
def test_a_password_that_was_not_escaped_is_read_whole_or_refused_without_a_piece_of_it(password: str) -> None:
    text = f"s3://AK:{password}@127.0.0.1:9000/bucket?region=eu"
    sentence = refusal_of(lambda: read(text))
    if sentence:
        assert "Zq7" not in sentence
        assert "Xw9" not in sentence
    else:
        url = read(text)
        assert (url.password, url.host, url.path) == (password, "127.0.0.1", "bucket")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_sentence(text: str) -> None:
    for prefix in ("", "s3://", "s3://a:b@"):
        sentence = refusal_of(lambda prefix=prefix: read(prefix + text))
        assert not sentence or sentence.startswith("STORAGE_URL ")


def test_neither_a_repr_nor_a_traceback_shows_the_password() -> None:
    assert "hunter2" not in repr(read("s3://AK:hunter2@127.0.0.1/bucket"))
    with pytest.raises(ImproperlyConfigured) as refusal:
        read("s3://AK:hunter2/more@127.0.0.1/bucket")
    assert refusal.value.__suppress_context__
