"""Image tasks that outlive a connection (contract §5): started with one call, polled until the picture is there."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from . import errors
from .body_file import BodyFile
from .error_body import read_error_body
from .error_classification import classify_error
from .errors import GatewayError
from .exchange import Exchange
from .finalization import Fetch, finalize_body, finalize_pictures
from .image_extraction import extract_from_body
from .lenient_json import parse_json

SHORTEST_WAIT, USUAL_WAIT, LONGEST_WAIT = 0.2, 3.0, 30.0  # seconds between two polls
POLL_SECONDS = 90.0  # for one poll, whose answer may hold the whole picture
_OVER = ("completed", "succeeded", "success", "done", "finished")
_FAILED = ("failed", "error", "cancelled", "canceled", "expired")
# A poll that ends so says nothing about the task, and polling again is free.
INCONCLUSIVE = (errors.NotSent, errors.Busy, errors.OutcomeUnknown)

type OnTask = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Pending:
    """The picture is not there yet; poll again after `wait` seconds."""

    wait: float


def read_task_id(answer: Mapping[str, Any], exchange: Exchange) -> str:
    """The task's id; raises NoPicture where the gateway named none, though it may be generating."""
    location = exchange.head.headers.get("location", "") if exchange.head else ""
    in_urls = (urlsplit(str(url)).path.rpartition("/")[2] for url in (answer.get("poll_url") or "", location))
    inner = answer.get("data")
    nested = inner.get("task_id") or inner.get("id") if isinstance(inner, Mapping) else None
    for task_id in (answer.get("task_id"), answer.get("id"), nested, *in_urls):
        if isinstance(task_id, str) and re.fullmatch(r"[\w.:-]{1,200}", task_id):
            return task_id
    raise errors.NoPicture("the gateway took the task and did not say how to ask for it")


async def read_start(
    exchange: Exchange, file: BodyFile, failure: GatewayError | None, *, fetch: Fetch, parse_slots: asyncio.Semaphore
) -> str | None:
    """The id of a task that was started; None where its picture came at once and is in the file.

    Raises the error the call ended in, or NoPicture where the gateway named no task, though it may be generating.
    """
    if failure:
        await _deliver_all_the_same(exchange, file, failure, fetch=fetch, parse_slots=parse_slots)
        return None
    async with parse_slots:
        value = await asyncio.to_thread(_parse_file, file)
    is_json = isinstance(value, Mapping)
    if is_json and value.get("error"):
        raise exchange.classify(read_error_body(value))
    if is_json and not extract_from_body(value).has_inline_picture:
        return read_task_id(value, exchange)
    # A picture alone, a stream, or JSON with the picture in it: what any other call is answered with.
    await finalize_pictures(exchange, file, failure, fetch=fetch, parse_slots=parse_slots)
    return None


async def read_poll(
    exchange: Exchange,
    file: BodyFile,
    failure: GatewayError | None,
    *,
    elapsed: float,
    fetch: Fetch,
    parse_slots: asyncio.Semaphore,
) -> Pending | None:
    """The result of one poll: None once the task's picture is in the file; raises the error the task ended in.

    `elapsed` is seconds since the task was started.
    """
    wait = poll_wait(exchange)
    if failure:
        try:
            await _deliver_all_the_same(exchange, file, failure, fetch=fetch, parse_slots=parse_slots)
        except errors.PictureOutOfReach:
            raise
        except GatewayError as error:
            if isinstance(error, INCONCLUSIVE):
                return Pending(error.retry_after or wait)
            raise _task_lost(error) from None
        return None
    async with parse_slots:
        value = await asyncio.to_thread(_parse_file, file)
    if not isinstance(value, Mapping):
        return Pending(wait)  # cut off, or a web page in between: the next poll may bring it
    status, result = _status_in(value), value.get("result")
    if status in _FAILED:
        raise _task_error(exchange, value, elapsed=elapsed)
    body = result if isinstance(result, Mapping) else value
    if body is value and status not in _OVER and not extract_from_body(value).has_inline_picture:
        return Pending(wait)
    await asyncio.to_thread(file.rewrite, [json.dumps(body).encode()], [])
    await finalize_body(exchange, file, body, fetch=fetch)
    return None


async def _deliver_all_the_same(
    exchange: Exchange, file: BodyFile, failure: GatewayError, *, fetch: Fetch, parse_slots: asyncio.Semaphore
) -> None:
    """Finish with the picture that came under an error's status; raises the failure where none did."""
    if failure is not exchange.refusal:
        raise failure
    await finalize_pictures(exchange, file, failure, fetch=fetch, parse_slots=parse_slots)


def _status_in(value: Mapping[str, Any]) -> str:
    """How far a task is, in lower case; empty where it does not say."""
    inner = value.get("data")
    for place in (value, inner if isinstance(inner, Mapping) else {}):
        for name in ("status", "state", "task_status"):
            if isinstance(status := place.get(name), str):
                return status.lower()
    return ""


def _parse_file(file: BodyFile) -> Any:
    file.flush()
    return parse_json(str(file.part.read_bytes(), "utf-8", "replace"))


def poll_wait(exchange: Exchange) -> float:
    """Seconds until the next poll, as the gateway asks for."""
    requested = exchange.retry_after
    return min(max(USUAL_WAIT if requested is None else requested, SHORTEST_WAIT), LONGEST_WAIT)


def _task_error(exchange: Exchange, value: Mapping[str, Any], *, elapsed: float) -> GatewayError:
    status = value.get("http_status")
    return classify_error(
        status=status if isinstance(status, int) and 300 <= status < 600 else 200,
        error_body=read_error_body(value),
        elapsed=elapsed,
        early_seconds=exchange.timeouts.early,
        secrets=exchange.secrets,
    )


def _task_lost(failure: GatewayError) -> GatewayError:
    """The gateway no longer knows the task, or the key: nobody can tell whether the picture was made."""
    return errors.LateFailure(failure.detail, status=failure.status, code=failure.code)
