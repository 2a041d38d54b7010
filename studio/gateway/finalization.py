"""Finishes a call: checks that its answer is whole, embeds pictures that lie at URLs, and hands on what was parsed."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from .body_file import BodyFile
from .error_body import MAX_ERROR_BYTES
from .errors import (
    ConnectionCut,
    DeadlinePassed,
    GatewayError,
    NoPicture,
    PictureOutOfReach,
    ReplyTooLarge,
    StreamSilent,
)
from .exchange import Exchange
from .found_picture import FoundPicture
from .image_extraction import Extraction, Facts, extract_from_body
from .image_reply import extract_from_json_file
from .late_search import search_file
from .linked_pictures import linked_pictures_in_file
from .picture_formats import has_its_end, picture_format
from .response_reader import ImagesApiReader, ResponsesApiReader
from .response_reply import add_json_file
from .transcript import Transcript

# Ways a call can end badly that do not matter when the answer is already here.
OVERRULED_BY_AN_ANSWER = (ConnectionCut, DeadlinePassed, StreamSilent, ReplyTooLarge)

type Fetch = Callable[[str], Awaitable[bytes]]


class Finalize(Protocol):
    """Ensure that the file holds the exchange's answer, fetching pictures where it holds only URLs; or raise."""

    async def __call__(
        self, exchange: Exchange, file: BodyFile, failure: GatewayError | None, *, fetch: Fetch
    ) -> None: ...


async def finalize_pictures(
    exchange: Exchange, file: BodyFile, failure: GatewayError | None, *, fetch: Fetch, parse_slots: asyncio.Semaphore
) -> None:
    """Finish a call of the Images API."""
    finish = partial(_finish_pictures, exchange, file, fetch=fetch, parse_slots=parse_slots)
    await _finish(exchange, file, failure, finish)


async def _finish(
    exchange: Exchange,
    file: BodyFile,
    failure: GatewayError | None,
    finish: Callable[[GatewayError | None], Awaitable[None]],
) -> None:
    """Finish a call; of one that was answered with an error's status only a picture counts that came all the same."""
    if failure is None or failure is not exchange.refusal:
        await finish(failure)
        return
    try:
        if not exchange.may_hold_result:
            raise failure
        await finish(None)
    except PictureOutOfReach:
        raise
    except GatewayError as error:
        if isinstance(error, ConnectionCut) and file.byte_count > MAX_ERROR_BYTES:
            raise  # that much is no error's words: it was a picture's beginning
        with suppress(GatewayError):
            await asyncio.to_thread(file.restart)
        raise failure from None


async def _finish_pictures(
    exchange: Exchange, file: BodyFile, failure: GatewayError | None, *, fetch: Fetch, parse_slots: asyncio.Semaphore
) -> None:
    await _finish_reading(exchange, failure)
    reader = exchange.reader
    assert isinstance(reader, ImagesApiReader)
    if reader.content_type == "events" and reader.has_picture:
        if not reader.has_base64:
            reader.parsed.discard()
            await _embed_linked(exchange, file, reader.remote_pictures, reader.facts, fetch=fetch)
    elif reader.content_type == "json":
        async with parse_slots:
            extractions = await asyncio.to_thread(_extract_from_file, file)
        if extractions is None:
            raise failure or ConnectionCut("the reply's JSON breaks off")
        await _finalize_extractions(exchange, file, extractions, fetch=fetch)
    elif reader.content_type != "picture" or not await asyncio.to_thread(_is_whole_picture, file):
        await _search_once_more(exchange, file, failure, fetch=fetch, parse_slots=parse_slots)


async def _search_once_more(
    exchange: Exchange, file: BodyFile, failure: GatewayError | None, *, fetch: Fetch, parse_slots: asyncio.Semaphore
) -> None:
    """Look for a picture where none was found while the reply was read; raises the error it ended in."""
    reader = exchange.reader
    assert isinstance(reader, ImagesApiReader)
    if reader.content_type in ("events", "text", "unknown"):
        async with parse_slots:
            extraction = await asyncio.to_thread(_search_file, file)
        if extraction.has_inline_picture:
            return reader.parsed.discard()  # the file is searched again where it is read
        if extraction.pictures:
            reader.parsed.discard()
            return await _embed_linked(exchange, file, extraction.pictures, reader.facts, fetch=fetch)
    if reader.content_type == "events":
        raise failure or reader.missing_answer_error()
    return _check_other_body(exchange, failure)


async def embed_linked_pictures(path: Path, *, fetch: Fetch) -> None:
    """Fetch the pictures that the stored reply at `path` only links to, and rewrite it with them."""
    linked, facts = await asyncio.to_thread(linked_pictures_in_file, path)
    if not linked:
        return
    pictures = await _fetch_all(linked, fetch)
    with BodyFile(path) as file:
        await asyncio.to_thread(_rewrite, file, pictures, partial(_body_with, linked, facts))
        await asyncio.to_thread(file.commit)


async def finalize_body(exchange: Exchange, file: BodyFile, body: Mapping[str, Any], *, fetch: Fetch) -> None:
    """Finish a call whose JSON body is in the file and has been parsed already."""
    await _finalize_extractions(exchange, file, [extract_from_body(body)], fetch=fetch)


async def finalize_response(
    exchange: Exchange, file: BodyFile, failure: GatewayError | None, *, fetch: Fetch, parse_slots: asyncio.Semaphore
) -> None:
    """Finish a call of the Responses API."""
    finish = partial(_finish_response, exchange, file, fetch=fetch, parse_slots=parse_slots)
    await _finish(exchange, file, failure, finish)


async def _finish_response(
    exchange: Exchange, file: BodyFile, failure: GatewayError | None, *, fetch: Fetch, parse_slots: asyncio.Semaphore
) -> None:
    await _finish_reading(exchange, failure)
    reader = exchange.reader
    assert isinstance(reader, ResponsesApiReader)
    if reader.content_type == "json":
        reader.transcript = await _parse_response(exchange, file, failure, parse_slots=parse_slots)
    elif reader.content_type != "events":
        return _check_other_body(exchange, failure)
    transcript = reader.transcript
    if not transcript.has_answer or (exchange.refusal and not transcript.has_picture):
        raise failure or transcript.missing_answer_error()
    if remote_pictures := transcript.remote_pictures:
        reader.parsed.discard()
        pictures = await _fetch_all(remote_pictures, fetch)
        await asyncio.to_thread(_rewrite, file, pictures, transcript.to_wire)
    else:
        reader.parsed.add(transcript)
    return None


async def _finish_reading(exchange: Exchange, failure: GatewayError | None) -> None:
    if failure and not isinstance(failure, OVERRULED_BY_AN_ANSWER):
        raise failure
    await exchange.finish_reading()


def _check_other_body(exchange: Exchange, failure: GatewayError | None) -> None:
    if error := exchange.other_body_error(failure):
        raise error


async def _finalize_extractions(
    exchange: Exchange, file: BodyFile, extractions: Sequence[Extraction], *, fetch: Fetch
) -> None:
    """Finish a JSON body: one object, or several that are read like the events of a stream."""
    reader = exchange.reader
    assert isinstance(reader, ImagesApiReader)
    for extraction in extractions:
        reader.add_extraction(extraction, byte_count=file.byte_count // len(extractions))
    if not reader.has_picture:
        error = next((each.error_body for each in extractions if each.role == "error"), None)
        raise exchange.classify(error) if error else NoPicture()
    if not reader.has_base64:
        reader.parsed.discard()
        await _embed_linked(exchange, file, reader.remote_pictures, reader.facts, fetch=fetch)


def _extract_from_file(file: BodyFile) -> list[Extraction] | None:
    file.flush()
    try:
        return extract_from_json_file(file.part)
    except ConnectionCut:
        return None


def _search_file(file: BodyFile) -> Extraction:
    file.flush()
    return search_file(file.part)


def _is_whole_picture(file: BodyFile) -> bool:
    """Whether a bare picture has its end, so that it does not matter how the connection ended."""
    file.flush()
    data = file.part.read_bytes()
    return has_its_end(data, picture_format(data))


async def _parse_response(
    exchange: Exchange, file: BodyFile, failure: GatewayError | None, *, parse_slots: asyncio.Semaphore
) -> Transcript:
    """Parse the JSON of a response; a body that is whole overrules the way the call ended."""
    is_kept = exchange.reader.parsed.reserve(file.byte_count)
    transcript = Transcript(reserve=lambda _byte_count: is_kept)
    try:
        async with parse_slots:
            await asyncio.to_thread(file.flush)
            error_body = await asyncio.to_thread(add_json_file, transcript, file.part)
    except ConnectionCut as cut:
        raise failure or cut from None
    if error_body:
        raise exchange.classify(error_body)
    return transcript


async def _embed_linked(
    exchange: Exchange, file: BodyFile, found: Sequence[FoundPicture], facts: Facts, *, fetch: Fetch
) -> None:
    """Fetch the pictures that a reply only links to, and rewrite the reply with them.

    Under an error's status, what is only guessed to be a picture's address may as well explain the error.
    """
    if exchange.refusal:
        found = [picture for picture in found if not picture.is_guessed]
    if not found:
        raise NoPicture()
    pictures = await _fetch_all(found, fetch)
    await asyncio.to_thread(_rewrite, file, pictures, partial(_body_with, found, facts))


async def _fetch_all(found: Sequence[FoundPicture], fetch: Fetch) -> list[bytes]:
    """The linked pictures; one that cannot be fetched is an error only when there is no other."""
    pictures: list[bytes] = []
    for picture in found:
        try:
            pictures.append(await fetch(picture.url))
        except NoPicture:
            if picture is found[-1] and not pictures:
                raise
    return pictures


def _body_with(found: Sequence[FoundPicture], facts: Facts, pictures: Sequence[str]) -> dict[str, object]:
    revised_prompt = next((picture.revised_prompt for picture in found if picture.revised_prompt), None)
    data = [{"b64_json": picture, "revised_prompt": revised_prompt} for picture in pictures]
    return {**facts.to_wire(), "data": data}


def _rewrite(file: BodyFile, pictures: list[bytes], body: Callable[[Sequence[str]], dict[str, object]]) -> None:
    """Rewrite the reply with the pictures in it (blocking)."""
    placeholder = uuid4().hex  # random, so that it cannot occur in the text
    file.rewrite(json.dumps(body([placeholder] * len(pictures))).encode().split(placeholder.encode()), pictures)
