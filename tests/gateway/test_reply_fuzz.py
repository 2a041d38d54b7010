"""Whatever shape a reply has: a decodable picture in it is delivered, and nothing hangs, is lost or called free.

FUZZ_REPLIES says how many replies are tried, FUZZ_SEED where the generator begins.
"""

import asyncio
import os
import time
from pathlib import Path

import pytest

from studio.gateway import Gateway, GatewayError, read_reply

from .conftest import Caller, image_request, paint
from .reply_generator import GeneratedReply, ReplyGenerator
from .scripted_gateway import CUT, ScriptedGateway, answer, head

pytestmark = pytest.mark.anyio

COUNT = int(os.environ.get("FUZZ_REPLIES", "300"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
BY_WIRE = 8  # one reply in so many goes through a connection as well, and once more cut off
PATIENCE = 10.0  # seconds for one reply; all but a fault take milliseconds
PICTURES = {kind.lower(): paint("teal", kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")}


def is_found(reply: GeneratedReply, path: Path) -> str:
    """What is wrong with the reading of a stored reply; empty where nothing is."""
    path.write_bytes(reply.body)
    began = time.monotonic()
    try:
        read = read_reply(path, request=image_request())
    except GatewayError as error:
        return f"{type(error).__name__} {error.detail}"
    if time.monotonic() - began > PATIENCE:
        return "took too long"
    if read.pictures != (reply.picture,):
        return f"{len(read.pictures)} pictures, not the one that was sent"
    tokens = read.usage.output_tokens if read.usage else None
    return "" if tokens == reply.output_tokens else f"{tokens} tokens, not {reply.output_tokens}"


def test_a_picture_that_was_sent_is_found_in_whatever_shape_the_reply_has(tmp_path: Path) -> None:
    generator = ReplyGenerator(SEED, pictures=PICTURES, preview=paint("grey"))
    replies = [generator.reply() for _ in range(COUNT)]
    findings = {
        reply.name: finding for number, reply in enumerate(replies) if (finding := is_found(reply, tmp_path / "reply"))
    }
    assert findings == {}


async def test_a_reply_on_the_wire_is_delivered_or_kept_and_never_called_free(gateway: Gateway, tmp_path: Path) -> None:
    generator = ReplyGenerator(SEED + 1, pictures=PICTURES, preview=paint("grey"))
    findings: dict[str, str] = {}
    for _ in range(max(COUNT // BY_WIRE, 1)):
        reply = generator.reply()
        for is_cut in (False, True):
            caller = Caller(gateway, tmp_path)
            caller.path.unlink(missing_ok=True)
            finding = await asyncio.wait_for(on_the_wire(reply, caller, is_cut=is_cut), PATIENCE)
            if finding:
                findings[f"{reply.name}{' cut' if is_cut else ''}"] = finding
    assert findings == {}


async def on_the_wire(reply: GeneratedReply, caller: Caller, *, is_cut: bool) -> str:
    """What is wrong with what became of a reply that was sent, whole or cut off in the middle."""
    whole = answer(reply.body, kind=reply.content_type)
    broken = [head(200, {"content-type": reply.content_type}), reply.body[: len(reply.body) // 2], CUT]
    async with ScriptedGateway(broken if is_cut else [whole]) as wire:
        try:
            received = await caller.call(wire, is_stream=True)
        except GatewayError as error:
            if not error.maybe_billed or error.retryable:
                return f"{type(error).__name__} is called free"
            kept = caller.path.read_bytes() if caller.path.exists() else b""
            if is_cut:
                return "" if reply.body.startswith(kept) and kept else "what came was not kept"
            return f"{type(error).__name__} {error.detail}"
        if len(wire.requests) != 1:
            return f"{len(wire.requests)} calls"
    if is_cut:
        return ""
    handed_on = read_reply(received.path, request=image_request(), received=received)
    in_file = read_reply(received.path, request=image_request())
    if handed_on != in_file:
        return "the file says something else than the call"
    return "" if in_file.pictures == (reply.picture,) else f"{len(in_file.pictures)} pictures"
