"""Image tasks that outlive a connection (contract §5): begun with one call, asked about until the picture is there."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from . import errors
from .complaint import loads, read_complaint
from .errors import GatewayError
from .exchange import Exchange
from .inbox import BodyFile
from .settling import Fetch, settle_body
from .verdict import verdict

SHORTEST_WAIT, USUAL_WAIT, LONGEST_WAIT = 0.2, 3.0, 30.0  # seconds between two looks
LOOK_SECONDS = 90.0  # for one look, which may bring the whole picture along
_OVER = ("completed", "succeeded", "success", "done", "finished")
_FAILED = ("failed", "error", "cancelled", "canceled", "expired")
# A look that ends so says nothing of the task: looking again is free.
UNTOLD = (errors.NotSent, errors.Busy, errors.OutcomeUnknown)

type OnTask = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Pending:
    """The picture is not there yet; look again after so many seconds."""

    wait: float


def read_task_id(answer: Mapping[str, Any], exchange: Exchange) -> str:
    """What a task is asked for by; raises NoPicture where the gateway named none, though it may be drawing."""
    location = exchange.head.headers.get("location", "") if exchange.head else ""
    places = (urlsplit(str(place)).path.rpartition("/")[2] for place in (answer.get("poll_url") or "", location))
    inner = answer.get("data")
    deeper = inner.get("task_id") or inner.get("id") if isinstance(inner, Mapping) else None
    for name in (answer.get("task_id"), answer.get("id"), deeper, *places):
        if isinstance(name, str) and re.fullmatch(r"[\w.:-]{1,200}", name):
            return name
    raise errors.NoPicture("the gateway took the task and did not say how to ask for it")


async def look(
    exchange: Exchange, file: BodyFile, failure: GatewayError | None, *, fetch: Fetch, readers: asyncio.Semaphore
) -> Pending | None:
    """What one look at a task brought: None once its picture lies in the file; raises how the task ended."""
    wait = _wait(exchange)
    if failure:
        if isinstance(failure, UNTOLD):
            return Pending(failure.retry_after or wait)
        raise _lost(failure)
    async with readers:
        value = await asyncio.to_thread(_read, file)
    if not isinstance(value, Mapping):
        return Pending(wait)  # cut off, or a page in between: the next look may bring it
    status, result = str(value.get("status", "")).lower(), value.get("result")
    if status in _FAILED:
        raise _verdict(exchange, value)
    if not isinstance(result, Mapping) and status not in _OVER:
        return Pending(wait)
    body = result if isinstance(result, Mapping) else value
    await asyncio.to_thread(file.rewrite, [json.dumps(body).encode()], [])
    await settle_body(exchange, file, body, fetch=fetch)
    return None


def _read(file: BodyFile) -> Any:
    file.flush()
    return loads(str(file.part.read_bytes(), "utf-8", "replace"))


def _wait(exchange: Exchange) -> float:
    told = exchange.retry_after
    return min(max(USUAL_WAIT if told is None else told, SHORTEST_WAIT), LONGEST_WAIT)


def _verdict(exchange: Exchange, value: Mapping[str, Any]) -> GatewayError:
    status = value.get("http_status")
    return verdict(
        status=status if isinstance(status, int) and 300 <= status < 600 else 200,
        complaint=read_complaint(value),
        secrets=exchange.secrets,
    )


def _lost(failure: GatewayError) -> GatewayError:
    """The gateway does not know the task, or not us, any more: whether it was drawn cannot be told."""
    return errors.LateFailure(failure.detail, status=failure.status, code=failure.code)
