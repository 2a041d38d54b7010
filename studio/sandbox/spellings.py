"""How servers spell the events of a stream: the same event in other words (contract §6.8, §6.9, §7)."""

import json
from collections.abc import Callable
from typing import Any

type Spell = Callable[[bytes], bytes]
type Data = dict[str, Any]


def oddly(event: bytes) -> bytes:
    """From a sloppier server: a ping before it, no name, CRLF."""
    return b": PING\r\n\r\n" + _lines(_data(event)).replace(b"\n", b"\r\n")


def commented(event: bytes) -> bytes:
    """With comments before, inside and after it."""
    head, _, rest = event.partition(b"\n")
    return b": keep-alive\n\n" + head + b"\n:\n: still here\n" + rest + b":\n\n"


def nameless(event: bytes) -> bytes:
    """Without its `event:` line."""
    return _lines(_data(event))


def typeless(event: bytes) -> bytes:
    """With its name alone, and no type in the data."""
    data = _data(event)
    return _lines({key: value for key, value in data.items() if key != "type"}, name=str(data.get("type", "error")))


def in_lines(event: bytes) -> bytes:
    """With its data in several lines."""
    data = _data(event)
    text = json.dumps(data, indent=1).replace("\n", "\ndata: ")
    return f"event: {data.get('type', 'error')}\ndata: {text}\n\n".encode()


def counted_oddly(event: bytes) -> bytes:
    """With every partial picture called the first of them, counted from one."""
    return _respelt(event, lambda data: data | ({"partial_image_index": 1} if "partial_image_index" in data else {}))


def as_generations(event: bytes) -> bytes:
    """With the names of a generation, even for an edit, as new-api has them."""
    return _respelt(event, lambda data: data | {"type": _kind(data).replace("image_edit.", "image_generation.")})


def as_responses(event: bytes) -> bytes:
    """With the names the Responses API has for partial pictures."""

    def respell(data: Data) -> Data:
        if not _kind(data).endswith(".partial_image"):
            return data
        rest = {key: value for key, value in data.items() if key != "b64_json"}
        return rest | {
            "type": "response.image_generation_call.partial_image",
            "partial_image_b64": data.get("b64_json"),
        }

    return _respelt(event, respell)


def as_ark(event: bytes) -> bytes:
    """With the names of Volcano's Ark, which calls each finished picture a partial success."""
    names = {"completed": "image_generation.partial_succeeded"}
    return _respelt(event, lambda data: data | {"type": names.get(_kind(data).rpartition(".")[2], _kind(data))})


def as_omni(event: bytes) -> bytes:
    """In the chunks of vLLM-omni, which has no names and no partial pictures."""
    data = _data(event)
    if not _kind(data).endswith(".completed"):
        return b""
    picture = {"b64_json": data.get("b64_json"), "url": None, "revised_prompt": None}
    chunk = {"object": "image.edit.chunk", "type": "image", "created": data.get("created_at"), "data": [picture]}
    return _lines(chunk)


def as_sparse(event: bytes) -> bytes:
    """With as little as CLIProxyAPI says: the type, the index, the picture and the usage."""
    kept = ("type", "partial_image_index", "b64_json", "url", "usage", "error")
    return b": keep-alive\n\n" + _respelt(event, lambda data: {key: data[key] for key in kept if key in data})


def with_data(event: bytes) -> bytes:
    """With the finished picture inside a `data` list."""

    def respell(data: Data) -> Data:
        if not _kind(data).endswith(".completed"):
            return data
        picture = {key: data[key] for key in ("b64_json", "url") if key in data}
        return {key: value for key, value in data.items() if key not in picture} | {"data": [picture]}

    return _respelt(event, respell)


def _kind(data: Data) -> str:
    return str(data.get("type", ""))


def _data(event: bytes) -> Data:
    """What an event holds."""
    data: Data = json.loads(event[event.index(b"data: ") + 6 :])
    return data


def _lines(data: Data, *, name: str = "") -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()


def _respelt(event: bytes, respell: Callable[[Data], Data]) -> bytes:
    """An event with other data, and the name it had where its type stayed."""
    data = respell(_data(event))
    return _lines(data, name=str(data.get("type", "error")) if event.startswith(b"event:") else "")
