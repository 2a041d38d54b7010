"""A picture in an answer of the Responses API is found where only other APIs put it."""

import json
from pathlib import Path
from typing import Any

import pytest

from studio.gateway import read_response

from .conftest import PNG, PNG_64
from .scripted_gateway import event

SHOWN = f"Here it is:\n\n![a boat](data:image/png;base64,{PNG_64})\n\nEnjoy!"


def answer_in_text(text: str) -> dict[str, Any]:
    return {"id": "resp_1", "status": "completed", "output": [{"type": "message", "content": [{"text": text}]}]}


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"message": {"images": [{"image_url": {"url": f"data:image/png;base64,{PNG_64}"}}]}}]},
        {"status": "completed", "output": [{"type": "custom", "asset": {"bytes": PNG_64}}]},
        {"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": PNG_64}}]}}]},
    ],
    ids=["chat", "another item", "gemini"],
)
def test_a_picture_of_a_turn_is_found_wherever_the_answer_carries_it(tmp_path: Path, body: dict[str, Any]) -> None:
    (tmp_path / "attempt").write_text(json.dumps(body))
    assert read_response(tmp_path / "attempt").pictures == (PNG,)


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_picture_that_is_written_into_the_words_of_an_answer_is_shown_apart_from_them(
    tmp_path: Path, is_stream: bool
) -> None:
    body = answer_in_text(SHOWN)
    stream = event("response.completed", response=body)
    (tmp_path / "attempt").write_bytes(stream if is_stream else json.dumps(body).encode())
    reply = read_response(tmp_path / "attempt")
    assert (reply.pictures, reply.text) == ((PNG,), "Here it is:\n\n\n\nEnjoy!")


def test_a_link_in_the_words_of_an_answer_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "attempt").write_text(json.dumps(answer_in_text("See https://example.com/boat.png for one.")))
    reply = read_response(tmp_path / "attempt")
    assert (reply.pictures, reply.text) == ((), "See https://example.com/boat.png for one.")
