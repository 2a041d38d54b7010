"""The poller: looks at the versions of live jobs for everyone connected, and sends the tiles that changed."""

import asyncio
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation

from .context import live_counts
from .models import Generation, Job
from .threads.showing import talk_html

log = logging.getLogger(__name__)

BUSY_TICK, IDLE_TICK = 0.2, 2.0  # seconds between looks at the rows
BURST = 0.03  # seconds; changes come in bursts, and one look serves a whole burst
RECENT = timedelta(seconds=60)
BACKLOG = 512  # messages a slow reader may be behind before it is cut off and reconnects


def event(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


@dataclass(eq=False)
class Stream:
    """One browser's open stream."""

    user_id: int
    language: str
    # None ends the stream.
    messages: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(BACKLOG))
    sent: dict[int, int] = field(default_factory=dict)  # job → version
    is_new: bool = True

    def put(self, message: bytes | None) -> None:
        if self.messages.full():
            self.messages.get_nowait()
            message = None
        self.messages.put_nowait(message)


class Poller:
    """One a process; runs while anybody is connected."""

    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        self.is_closing = False
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def add(self, stream: Stream) -> None:
        self.streams.add(stream)
        self.nudge()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._poll())

    def remove(self, stream: Stream) -> None:
        self.streams.discard(stream)

    def nudge(self) -> None:
        """Look now: something changed in this process. On the loop only."""
        self._woken.set()

    def close(self) -> None:
        """End every stream: an open one would keep the server from stopping."""
        self.is_closing = True
        for stream in self.streams:
            stream.put(None)

    async def _poll(self) -> None:
        while self.streams:
            self._woken.clear()
            is_busy = False
            try:
                batches, is_busy = await sync_to_async(look, thread_sensitive=False)(list(self.streams))
                for stream, messages in batches:
                    for message in messages:
                        stream.put(message)
            except Exception:
                log.exception("the live feed could not look at the jobs")
            await self._pause(BUSY_TICK if is_busy else IDLE_TICK)

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(BURST)
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return


def look(streams: list[Stream]) -> tuple[list[tuple[Stream, list[bytes]]], bool]:
    """What to send to whom, and whether somebody connected has a live job."""
    try:
        rows = list(watched({s.user_id for s in streams}).values_list("pk", "version", "owner", "state"))
        batches = [(stream, news_for(stream, rows)) for stream in streams]
        return batches, any(state in Job.LIVE_STATES for _pk, _version, _owner, state in rows)
    finally:
        connections.close_all()


def watched(users: Iterable[int]) -> Any:
    recent = Q(finished_at__gt=timezone.now() - RECENT)
    return Job.objects.filter(Q(state__in=Job.LIVE_STATES) | recent, owner__in=users).order_by("pk")


def news_for(stream: Stream, rows: list[tuple[int, int, int, str]]) -> list[bytes]:
    mine = {pk: version for pk, version, owner, _state in rows if owner == stream.user_id}
    changed = {pk for pk, version in mine.items() if stream.sent.get(pk, 0) < version}
    messages: list[bytes] = []
    if changed:
        messages += tile_events(stream, changed)
    if changed or stream.is_new:
        messages.append(event("counts", live_counts(stream.user_id)))
    stream.sent, stream.is_new = mine, False
    return messages


def tile_events(stream: Stream, changed: set[int]) -> list[bytes]:
    """Cards of new generations this browser has not heard of, then the changed tiles."""
    known = set(stream.sent)
    # A page knows the older ones; a new one may have been filed while it was still on its way.
    fresh_since = timezone.now() - RECENT
    fresh = Job.objects.filter(pk__in=changed).for_tiles()
    with translation.override(stream.language):
        jobs = list(fresh.order_by("pk"))
        strange = {job.generation_id for job in jobs if job.pk not in known and job.created_at > fresh_since}
        messages = [card_event(card) for card in Generation.objects.filter(pk__in=strange).for_feed()]
        messages += [tile_event(job) for job in jobs]
    return messages


def card_event(generation: Generation) -> bytes:
    html = render_to_string("generations/cards.html#generation", {"generation": generation})
    return event("generation", {"id": generation.pk, "html": html})


def tile_event(job: Job) -> bytes:
    html = render_to_string("generations/cards.html#tile", {"job": job, "generation": job.generation})
    data = {"id": job.pk, "generation": job.generation_id, "version": job.version, "state": job.state, "html": html}
    talk = job.generation.talk
    return event("tile", data | ({"talk": talk_html(talk)} if talk else {}))


poller = Poller()
