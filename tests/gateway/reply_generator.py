"""Replies as gateways might write them: envelopes × places of a picture × encodings × events × usage × deliveries.

Each says what must become of it: which pictures reach the person, and what is booked.
"""

import json
import random
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

USAGE = {"input_tokens": 9, "output_tokens": 372, "total_tokens": 381}

type Encoding = Callable[[bytes, str], str]
type Place = Callable[[Any], Any]

ENCODINGS: dict[str, Encoding] = {
    "base64": lambda raw, _kind: b64encode(raw).decode(),
    "base64url": lambda raw, _kind: urlsafe_b64encode(raw).decode(),
    "no padding": lambda raw, _kind: urlsafe_b64encode(raw).decode().rstrip("="),
    "lines": lambda raw, _kind: "\r\n".join(in_pieces(b64encode(raw).decode(), 76)),
    "data URL": lambda raw, kind: f"data:image/{kind};base64,{b64encode(raw).decode()}",
    "data URL in capitals": lambda raw, kind: f"DATA:image/{kind};BASE64,{b64encode(raw).decode()}",
    "data URL with a charset": lambda raw, kind: f"data:image/{kind};charset=utf-8;base64,{b64encode(raw).decode()}",
    "percent": lambda raw, kind: f"data:image/{kind};base64,{quote(b64encode(raw).decode(), safe='')}",
    "hex": lambda raw, _kind: raw.hex(),
    "HEX": lambda raw, _kind: raw.hex().upper(),
    "python": lambda raw, _kind: repr(b64encode(raw)),
    "twice": lambda raw, _kind: b64encode(b64encode(raw)).decode(),
}
FIELDS = (
    *("b64_json", "b64", "base64", "image_base64", "image", "url", "image_url", "img", "data", "result", "output"),
    *("bytesBase64Encoded", "binary_data_base64", "content", "file", "picture", "image_data", "sample", "b64_image"),
)
ENVELOPES: dict[str, Place] = {
    "data list": lambda item: {"created": 1, "data": [item]},
    "data": lambda item: {"data": item},
    "images": lambda item: {"images": [item]},
    "output": lambda item: {"id": "x", "status": "succeeded", "output": [item]},
    "result": lambda item: {"success": True, "result": item, "errors": [], "messages": []},
    "said ok": lambda item: {"code": 0, "message": "ok", "data": {"images": [item]}},
    "said 200": lambda item: {"code": 200, "msg": "success", "trace_id": "1", "data": {"list": [item]}},
    "minimax": lambda item: {"data": {"image_urls": [item]}, "base_resp": {"status_code": 0, "status_msg": "success"}},
    "artifacts": lambda item: {"artifacts": [item]},
    "predictions": lambda item: {"predictions": [item], "deployedModelId": "7"},
    "choices": lambda item: {"choices": [{"index": 0, "message": {"role": "assistant", "images": [item]}}]},
    "content": lambda item: {"choices": [{"message": {"role": "assistant", "content": [item]}}]},
    "gemini": lambda item: {"candidates": [{"content": {"parts": [{"text": "Here."}, {"inlineData": item}]}}]},
    "call": lambda item: {"output": [{"type": "reasoning"}, {"type": "image_generation_call", "result": item}]},
    "deep": lambda item: {"response": {"body": {"payload": {"outputs": [{"asset": item}]}}}},
    "list": lambda item: [item],
    "text in text": lambda item: {"choices": [{"message": {"content": json.dumps({"image": item})}}]},
    "echo": lambda item: {"request": {"prompt": "a", "image": "x" * 200}, "parameters": {"steps": 4}, "images": [item]},
}
EVENTS = ("image_generation.completed", "image_edit.completed", "response.output_item.done", "done", "succeeded", "")
KINDS = ("json", "json", "events", "events", "bare", "text", "quoted", "lines", "parts", "markdown", "pieces")
USAGES: dict[str, Any] = {
    "told": USAGE,
    "missing": None,
    "zero": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
    "chat": {"prompt_tokens": 9, "completion_tokens": 372, "total_tokens": 381},
    "nonsense": {"input_tokens": "many", "output_tokens": -3},
}
COUNTED = ("told", "chat")


@dataclass(frozen=True)
class GeneratedReply:
    """A body, its media type, the picture that must be delivered (None where it holds none), and its told tokens."""

    name: str
    body: bytes
    content_type: str
    picture: bytes | None
    output_tokens: int | None
    is_cut: bool = False


class ReplyGenerator:
    """Writes replies; the same seed writes the same ones. `pictures` are the files by kind, `preview` is another."""

    def __init__(self, seed: int, *, pictures: dict[str, bytes], preview: bytes) -> None:
        self.random = random.Random(seed)
        self.pictures, self.preview = pictures, preview

    def reply(self) -> GeneratedReply:
        choose = self.random.choice
        kind, form = choose(list(self.pictures)), choose(KINDS)
        picture = self.pictures[kind]
        encoding, usage = choose(list(ENCODINGS)), choose(list(USAGES))
        text = ENCODINGS[encoding](picture, kind)
        name = f"{kind}/{form}/{encoding}/{usage}"
        if form == "bare":
            return self._told(name, picture, f"image/{kind}", picture, "missing")
        if form in ("text", "quoted"):
            body = json.dumps(text).encode() if form == "quoted" else text.encode()
            return self._told(name, body, "text/plain", picture, "missing")
        if form == "parts":
            return self._told(name, self._parts(picture, kind), "multipart/mixed; boundary=cut", picture, "missing")
        if form == "markdown":
            text = ENCODINGS["data URL"](picture, kind)
            body = {"choices": [{"message": {"content": f"Here it is:\n\n![a boat]({text})\n\nEnjoy!"}}]}
            return self._told(name, self._json(body, usage), "application/json", picture, usage)
        if form == "pieces":
            return self._told(name, self._chat_stream(picture, kind, usage), "text/event-stream", picture, usage)
        value, place = self._placed(text, encoding)
        if form == "json":
            usage = usage if isinstance(value, dict) else "missing"
            return self._told(f"{name}/{place}", self._json(value, usage), "application/json", picture, usage)
        return self._stream(f"{name}/{place}", value, picture, usage, is_lines=form == "lines")

    def _placed(self, text: str, encoding: str) -> tuple[Any, str]:
        """The text in an envelope: alone, in a field of an item, or as a list of bytes."""
        envelope, field = self.random.choice(list(ENVELOPES)), self.random.choice(FIELDS)
        is_alone = envelope in ("list", "minimax", "call") or self.random.random() < 0.2
        item: Any = text if is_alone else {field: text, "mimeType": "image/png"}
        if not is_alone and self.random.random() < 0.15:
            item = {"type": "image_url", "image_url": {"url": text}}
        return ENVELOPES[envelope](item), f"{envelope}/{'alone' if is_alone else field}"

    def _json(self, value: Any, usage: str) -> bytes:
        if isinstance(value, dict) and USAGES[usage] is not None:
            value = value | {"usage": USAGES[usage]}
        blanks = self.random.choice(("", "", " \n" * 40, "\ufeff"))
        return (blanks + json.dumps(value, indent=self.random.choice((None, 2)))).encode()

    def _stream(self, name: str, value: Any, picture: bytes, usage: str, *, is_lines: bool) -> GeneratedReply:
        """Events or lines of JSON: previews, the finished picture, and what may follow it."""
        final = value if isinstance(value, dict) else {"data": value}
        final = final | ({"usage": USAGES[usage]} if USAGES[usage] is not None else {})
        event = self.random.choice(EVENTS)
        events: list[tuple[str, Any]] = []
        preview = b64encode(self.preview).decode()
        for index in range(self.random.choice((0, 0, 1, 3))):
            is_marked = event == "" or self.random.random() < 0.5
            label = "image_generation.partial_image" if is_marked else ""
            events.append((label, {"b64_json": preview} | ({"partial_image_index": index} if is_marked else {})))
        events.append((event, final | ({"type": event} if event and self.random.random() < 0.5 else {})))
        if self.random.random() < 0.2:
            events.append(("", {"type": "ping"}))
        if is_lines:
            lines = [data | ({"type": label} if label else {}) for label, data in events]
            body = "\n".join(json.dumps(line) for line in lines) + "\n"
            return self._told(name, body.encode(), "application/x-ndjson", picture, usage)
        newline = self.random.choice(("\n", "\n", "\r\n"))
        body = "".join(self._event(label, data, newline) for label, data in events)
        body += self.random.choice(("", "data: [DONE]" + newline * 2))
        return self._told(f"{name}/{event or 'unnamed'}", body.encode(), "text/event-stream", picture, usage)

    def _event(self, label: str, data: Any, newline: str) -> str:
        comment = self.random.choice(("", "", f": keep-alive{newline}{newline}"))
        name = f"event: {label}{newline}" if label else ""
        return f"{comment}{name}data: {json.dumps(data)}{newline}{newline}"

    def _chat_stream(self, picture: bytes, kind: str, usage: str) -> bytes:
        """A chat that writes the picture into its text, piece by piece."""
        text = f"Here: ![a boat]({ENCODINGS['data URL'](picture, kind)}) done"
        chunks = [
            {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": piece}}]}
            for piece in in_pieces(text, 1 + len(text) // 7)
        ]
        told = {"usage": USAGES[usage]} if USAGES[usage] is not None else {}
        last = {"object": "chat.completion.chunk", "choices": [{"delta": {}, "finish_reason": "stop"}], **told}
        return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in [*chunks, last]).encode() + b"data: [DONE]\n\n"

    def _parts(self, picture: bytes, kind: str) -> bytes:
        facts = b'--cut\r\nContent-Type: application/json\r\n\r\n{"id": 1}\r\n'
        head = f"--cut\r\nContent-Type: image/{kind}\r\nContent-Transfer-Encoding: binary\r\n\r\n".encode()
        return facts + head + picture + b"\r\n--cut--\r\n"

    def _told(self, name: str, body: bytes, content_type: str, picture: bytes | None, usage: str) -> GeneratedReply:
        tokens = 372 if usage in COUNTED and content_type != "text/plain" else None
        if self.random.random() < 0.1:  # what the header claims is only a claim
            content_type = self.random.choice(("application/json", "text/event-stream", "application/octet-stream"))
        return GeneratedReply(name, body, content_type, picture, tokens)


def in_pieces(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]
