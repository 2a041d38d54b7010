"""Event formats of other servers: each function rewrites one event of a stream (contract §6.8, §6.9, §7)."""

import json
from collections.abc import Callable
from typing import Any

type EventFormat = Callable[[bytes], bytes]
type Data = dict[str, Any]


def with_pings_and_crlf(event: bytes) -> bytes:
    """With a ping before it, without its name, with CRLF line ends."""
    return b": PING\r\n\r\n" + _event(_parse(event)).replace(b"\n", b"\r\n")


def with_comments(event: bytes) -> bytes:
    """With comments before, inside and after it."""
    head, _, rest = event.partition(b"\n")
    return b": keep-alive\n\n" + head + b"\n:\n: still here\n" + rest + b":\n\n"


def without_names(event: bytes) -> bytes:
    """Without its `event:` line."""
    return _event(_parse(event))


def without_types(event: bytes) -> bytes:
    """With its name, but no type in the data."""
    data = _parse(event)
    return _event({key: value for key, value in data.items() if key != "type"}, name=str(data.get("type", "error")))


def in_many_lines(event: bytes) -> bytes:
    """With its data in several lines."""
    data = _parse(event)
    text = json.dumps(data, indent=1).replace("\n", "\ndata: ")
    return f"event: {data.get('type', 'error')}\ndata: {text}\n\n".encode()


def with_constant_index(event: bytes) -> bytes:
    """With `partial_image_index` 1 for every partial picture."""
    return _with_data(event, lambda data: data | ({"partial_image_index": 1} if "partial_image_index" in data else {}))


def as_generations(event: bytes) -> bytes:
    """With the names of a generation, even for an edit, as new-api does."""
    return _with_data(event, lambda data: data | {"type": _kind(data).replace("image_edit.", "image_generation.")})


def as_responses(event: bytes) -> bytes:
    """With the Responses API's names for partial pictures."""

    def change(data: Data) -> Data:
        if not _kind(data).endswith(".partial_image"):
            return data
        rest = {key: value for key, value in data.items() if key != "b64_json"}
        return rest | {
            "type": "response.image_generation_call.partial_image",
            "partial_image_b64": data.get("b64_json"),
        }

    return _with_data(event, change)


def as_ark(event: bytes) -> bytes:
    """With the names of Volcano's Ark, which calls a finished picture a partial success."""
    names = {"completed": "image_generation.partial_succeeded"}
    return _with_data(event, lambda data: data | {"type": names.get(_kind(data).rpartition(".")[2], _kind(data))})


def as_omni(event: bytes) -> bytes:
    """As a chunk of vLLM-omni, which has no event names and no partial pictures."""
    data = _parse(event)
    if not _kind(data).endswith(".completed"):
        return b""
    picture = {"b64_json": data.get("b64_json"), "url": None, "revised_prompt": None}
    chunk = {"object": "image.edit.chunk", "type": "image", "created": data.get("created_at"), "data": [picture]}
    return _event(chunk)


def as_sparse(event: bytes) -> bytes:
    """With the few fields of CLIProxyAPI: the type, the index, the picture and the usage."""
    kept = ("type", "partial_image_index", "b64_json", "url", "usage", "error")
    return b": keep-alive\n\n" + _with_data(event, lambda data: {key: data[key] for key in kept if key in data})


def with_data_list(event: bytes) -> bytes:
    """With the finished picture inside a `data` list."""

    def change(data: Data) -> Data:
        if not _kind(data).endswith(".completed"):
            return data
        picture = {key: data[key] for key in ("b64_json", "url") if key in data}
        return {key: value for key, value in data.items() if key not in picture} | {"data": [picture]}

    return _with_data(event, change)


def _kind(data: Data) -> str:
    return str(data.get("type", ""))


def _parse(event: bytes) -> Data:
    """The data of an event."""
    data: Data = json.loads(event[event.index(b"data: ") + 6 :])
    return data


def _event(data: Data, *, name: str = "") -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()


def _with_data(event: bytes, change: Callable[[Data], Data]) -> bytes:
    """The event with changed data; its name follows the type in the data."""
    data = change(_parse(event))
    return _event(data, name=str(data.get("type", "error")) if event.startswith(b"event:") else "")
