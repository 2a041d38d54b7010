"""Variables and the `.env` file: what cannot be read is a sentence."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core import variables
from tests.core.test_service_url import refusal_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@pytest.mark.parametrize("text", ["-1", "1.5", "²", "٣", "many", "1e3", "9" * 5000, "0x10"])
def test_what_is_no_whole_number_within_its_bounds_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("STUDIO_RATE_SUBMIT", text)
    with pytest.raises(ImproperlyConfigured, match="STUDIO_RATE_SUBMIT must be a whole number from 0 to 9"):
        variables.whole_number("STUDIO_RATE_SUBMIT", 5, low=0, high=9)


@given(text=TEXTS)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_a_value_or_a_sentence_that_does_not_repeat_it(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("NAME", text)
    for read in (
        lambda: variables.whole_number("NAME", 5, low=0, high=9),
        lambda: variables.switch("NAME", default=True),
        lambda: variables.choice("NAME", ["one", "two"], "one"),
        lambda: variables.words("NAME"),
    ):
        sentence = refusal_of(read)
        assert not sentence or sentence.startswith("NAME must be ")
        assert len(text) < 4 or text not in sentence


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", " ")
    assert variables.whole_number("NAME", 5, low=0, high=9) == 5
    assert variables.switch("NAME", default=True)
    assert variables.words("NAME", ["a"]) == ["a"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"GATEWAY_API_KEY=sk-1\nhunter2\n", "Line 2 of .* is not of the form NAME=value"),
        (b"GATEWAY_API_KEY='hunter2\nSTUDIO_DEBUG=on\n", "Line 1 of .* is not of the form NAME=value"),
        (b"GATEWAY_API_KEY=\xff\xfehunter2\n", "is not a text in UTF-8"),
    ],
)
def test_a_malformed_line_of_the_env_file_is_named_and_not_repeated(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / ".env"
    path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match=words) as refusal:
        variables.read_dotenv(path)
    assert "hunter2" not in str(refusal.value)


def test_an_env_file_that_is_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        variables.read_dotenv(tmp_path / ".env")


def test_a_dollar_sign_in_the_env_file_is_part_of_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER", "x")
    monkeypatch.delenv("POSTGRES_PASSWORD", raising=False)
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=a/b+c#d@e${OTHER}$\n")
    variables.read_dotenv(tmp_path / ".env")
    assert variables.text("POSTGRES_PASSWORD") == "a/b+c#d@e${OTHER}$"
    monkeypatch.delenv("POSTGRES_PASSWORD")
