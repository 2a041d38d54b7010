"""Sees that the file of a finished call holds its answer whole: read, judged, and its pictures fetched into it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol
from uuid import uuid4

from .answer import read_json_response
from .errors import ConnectionCut, DeadlinePassed, GatewayError, NoPicture, ReplyTooLarge, StreamSilent
from .exchange import Exchange
from .findings import Facts, Find, Finding, read_body
from .inbox import BodyFile
from .intake import PictureIntake, ResponseIntake
from .reply import read_json
from .transcript import Transcript

OUTWEIGHED = (ConnectionCut, DeadlinePassed, StreamSilent, ReplyTooLarge)  # by an answer that is already here

type Fetch = Callable[[str], Awaitable[bytes]]


class Settle(Protocol):
    """See that the file holds the exchange's answer, fetching pictures where it names addresses; or raise."""

    async def __call__(
        self, exchange: Exchange, file: BodyFile, failure: GatewayError | None, *, fetch: Fetch
    ) -> None: ...


async def settle_pictures(
    exchange: Exchange, file: BodyFile, failure: GatewayError | None, *, fetch: Fetch, readers: asyncio.Semaphore
) -> None:
    """The end of a call of the Images API."""
    await _end(exchange, failure)
    intake = exchange.intake
    assert isinstance(intake, PictureIntake)
    if intake.nature == "events":
        if not intake.has_picture:
            raise failure or intake.missing()
        if not intake.has_base64:
            await _bring_home(file, tuple(intake.addresses), intake.facts, fetch=fetch)
    elif intake.nature == "json":
        finding = await _read(exchange, file, failure, readers=readers)
        await _bring_home(file, finding.finds, finding.facts, fetch=fetch)
    else:
        _accept(exchange, failure)


async def settle_body(exchange: Exchange, file: BodyFile, body: Mapping[str, Any], *, fetch: Fetch) -> None:
    """The same for a body that has been parsed and lies in the file."""
    finding = _judged(exchange, read_body(body))
    await _bring_home(file, finding.finds, finding.facts, fetch=fetch)


async def settle_response(
    exchange: Exchange, file: BodyFile, failure: GatewayError | None, *, fetch: Fetch, readers: asyncio.Semaphore
) -> None:
    """The end of a call of the Responses API."""
    await _end(exchange, failure)
    intake = exchange.intake
    assert isinstance(intake, ResponseIntake)
    if intake.nature == "json":
        intake.transcript = await _read_response(exchange, file, failure, readers=readers)
    elif intake.nature != "events":
        return _accept(exchange, failure)
    transcript = intake.transcript
    if not transcript.has_answer:
        raise failure or transcript.missing()
    if addresses := transcript.addresses:
        pictures = await _fetched(addresses, fetch)
        await asyncio.to_thread(_rewrite, file, pictures, transcript.to_wire)
    return None


async def _end(exchange: Exchange, failure: GatewayError | None) -> None:
    if failure and not isinstance(failure, OUTWEIGHED):
        raise failure
    await exchange.end()


def _accept(exchange: Exchange, failure: GatewayError | None) -> None:
    if error := exchange.shortfall(failure):
        raise error


async def _read(
    exchange: Exchange, file: BodyFile, failure: GatewayError | None, *, readers: asyncio.Semaphore
) -> Finding:
    """Read the JSON body; a body that is whole outweighs the way the call ended."""
    async with readers:
        finding = await asyncio.to_thread(_read_whole, file)
    if finding is None:
        raise failure or ConnectionCut("the reply's JSON breaks off")
    return _judged(exchange, finding)


def _judged(exchange: Exchange, finding: Finding) -> Finding:
    if finding.role == "error":
        raise exchange.judge(finding.complaint)
    if not finding.finds:
        raise NoPicture()
    return finding


def _read_whole(file: BodyFile) -> Finding | None:
    file.flush()
    try:
        return read_json(file.part)
    except ConnectionCut:
        return None


async def _read_response(
    exchange: Exchange, file: BodyFile, failure: GatewayError | None, *, readers: asyncio.Semaphore
) -> Transcript:
    """Read the JSON of a response; a body that is whole outweighs the way the call ended."""
    try:
        async with readers:
            await asyncio.to_thread(file.flush)
            transcript, complaint = await asyncio.to_thread(read_json_response, file.part)
    except ConnectionCut as cut:
        raise failure or cut from None
    if complaint:
        raise exchange.judge(complaint)
    return transcript


async def _bring_home(file: BodyFile, finds: Sequence[Find], facts: Facts, *, fetch: Fetch) -> None:
    """Where the reply only points at its pictures, fetch them and write it anew."""
    if not any(find.is_inline for find in finds):
        pictures = await _fetched(finds, fetch)
        await asyncio.to_thread(_rewrite, file, pictures, partial(_body, finds, facts))


async def _fetched(finds: Sequence[Find], fetch: Fetch) -> list[bytes]:
    """The pictures a reply only pointed at; those out of reach are missed only when there is no other."""
    pictures: list[bytes] = []
    for find in finds:
        try:
            pictures.append(await fetch(find.url))
        except NoPicture:
            if find is finds[-1] and not pictures:
                raise
    return pictures


def _body(finds: Sequence[Find], facts: Facts, pictures: Sequence[str]) -> dict[str, object]:
    revised_prompt = next((find.revised_prompt for find in finds if find.revised_prompt), None)
    data = [{"b64_json": picture, "revised_prompt": revised_prompt} for picture in pictures]
    return {**facts.to_wire(), "data": data}


def _rewrite(file: BodyFile, pictures: list[bytes], body: Callable[[Sequence[str]], dict[str, object]]) -> None:
    """Write the reply anew with the pictures inside (blocking)."""
    mark = uuid4().hex  # nobody can have written it into the words
    file.rewrite(json.dumps(body([mark] * len(pictures))).encode().split(mark.encode()), pictures)
