"""The poller: one task per process reads the versions of live jobs and sends changed tiles to every open stream."""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections
from django.template.loader import render_to_string
from django.utils import timezone, translation

from studio.core.database import DATABASE
from studio.generations.changes import MARGIN, WatchedJob, watched_jobs
from studio.generations.models import Generation, Job
from studio.threads.models import model_reply_of

from . import waiting
from .frame import live_counts
from .turn_presenter import model_reply_html

log = logging.getLogger(__name__)

BUSY_TICK, IDLE_TICK = 0.2, 2.0  # seconds between polls, with and without live jobs
BURST = 0.03  # seconds; changes come in bursts, and one poll serves a whole burst
BACKLOG = 512  # polls; a browser further behind is disconnected and reconnects


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
    live: frozenset[int] = frozenset()  # jobs whose end it has not been sent
    waiting: dict[int, str] = field(default_factory=dict)  # queued job → what its tile says of its waiting
    looked_at: datetime = field(default_factory=timezone.now)  # when it was last sent what it lacked
    is_new: bool = True

    def put(self, message: bytes | None) -> None:
        if self.messages.full():
            self.messages.get_nowait()
            message = None
        self.messages.put_nowait(message)


# What one stream is sent: the events of one poll, one after the other.
type Delivery = tuple[Stream, bytes]


class Poller:
    """One per process; polls while anybody is connected."""

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
        """Poll now: something changed in this process. On the loop only."""
        self._woken.set()

    def close(self) -> None:
        """End every stream, since an open one would keep the server from stopping."""
        self.is_closing = True
        for stream in self.streams:
            stream.put(None)

    async def _poll(self) -> None:
        loop = asyncio.get_running_loop()
        while self.streams:
            self._woken.clear()
            is_busy = False

            def deliver(batch: list[Delivery]) -> None:
                loop.call_soon_threadsafe(put_all, batch)

            try:
                is_busy = await sync_to_async(poll_once, thread_sensitive=False)(list(self.streams), deliver)
            except Exception as error:
                if not DATABASE.is_lost(error):
                    log.exception("the live feed could not look at the jobs")
            await self._pause(BUSY_TICK if is_busy else IDLE_TICK)
            await DATABASE.returned()

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(BURST)
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return


def put_all(batch: list[Delivery]) -> None:
    for stream, message in batch:
        stream.put(message)


def poll_once(streams: Iterable[Stream], deliver: Callable[[list[Delivery]], None]) -> bool:
    """Deliver what each stream lacks, person by person as it is rendered; whether somebody has a live job."""
    try:
        people: dict[tuple[int, str], list[Stream]] = defaultdict(list)
        for stream in streams:
            people[stream.user_id, stream.language].append(stream)
        now = timezone.now()
        jobs = jobs_for([stream for theirs in people.values() for stream in theirs])
        for (user_id, language), theirs in people.items():
            try:
                with translation.override(language):
                    deliver(messages_for(theirs, jobs[user_id], user_id=user_id, now=now))
            except Exception as error:  # they are sent it at the next poll; nobody else waits for that
                if DATABASE.is_lost(error):
                    raise
                log.exception("the live feed could not show the jobs of person %s", user_id)
        return any(job.is_live for mine in jobs.values() for job in mine)
    finally:
        connections.close_all()


def jobs_for(streams: list[Stream]) -> dict[int, list[WatchedJob]]:
    """What these streams may lack, by person: nothing that changed since each was last served is left out."""
    since = min((stream.looked_at for stream in streams), default=timezone.now())
    live = frozenset[int]().union(*{id(stream.live): stream.live for stream in streams}.values())
    jobs: dict[int, list[WatchedJob]] = defaultdict(list)
    for job in watched_jobs({stream.user_id for stream in streams}, since=since, live=live):
        jobs[job.owner_id].append(job)
    return jobs


def messages_for(streams: list[Stream], jobs: list[WatchedJob], *, user_id: int, now: datetime) -> list[Delivery]:
    """One person's streams and what each lacks, if anything; all is rendered once for all of them."""
    versions = {job.pk: job.version for job in jobs}
    live = frozenset(job.pk for job in jobs if job.is_live)
    waits = {job.pk: waiting.sentence(job) for job in jobs if job.state == Job.State.QUEUED}
    # Most tabs of a person were sent the same: they share their dictionaries, and then the message.
    alike: dict[tuple[int, int, bool], list[Stream]] = defaultdict(list)
    for stream in streams:
        alike[id(stream.sent), id(stream.waiting), stream.is_new].append(stream)
    lacking = [changes(versions, since=group[0].sent) for group in alike.values()]
    unknown = [
        new_jobs(jobs, group[0], now=now) & missing for group, missing in zip(alike.values(), lacking, strict=True)
    ]
    events = Events.render(set().union(*lacking), unknown=set().union(*unknown))
    counts = b""
    if any(lacking) or any(stream.is_new for stream in streams):
        counts = event("counts", live_counts(user_id))
    batch: list[Delivery] = []
    for group, missing, without_card in zip(alike.values(), lacking, unknown, strict=True):
        first = group[0]
        message = events.lines(missing, unknown=without_card)
        message += counts if missing or first.is_new else b""
        message += waiting_events(waits, before=first.waiting, sent=missing)
        batch += [(stream, message) for stream in group if message]
    for stream in streams:
        stream.sent, stream.live, stream.waiting, stream.looked_at, stream.is_new = versions, live, waits, now, False
    return batch


def new_jobs(jobs: list[WatchedJob], stream: Stream, *, now: datetime) -> set[int]:
    """Those whose card a page may lack: it has what it was made with, and what its stream has brought."""
    if stream.is_new:
        return {job.pk for job in jobs if job.created_at > now - MARGIN}
    return {job.pk for job in jobs if job.pk not in stream.sent}


def waiting_events(waits: dict[int, str], *, before: dict[int, str], sent: set[int]) -> bytes:
    """What queued jobs wait for, where that changed although they did not; tiles that are `sent` anyway say it."""
    changed = {pk: text for pk, text in waits.items() if pk not in sent and before.get(pk) != text}
    return b"".join(event("waiting", {"id": pk, "text": text}) for pk, text in changed.items())


def changes(versions: dict[int, int], *, since: dict[int, int]) -> set[int]:
    return {pk for pk, version in versions.items() if since.get(pk, 0) < version}


@dataclass
class Events:
    """The rendered events of changed jobs, and the cards of those that a page may not have."""

    tiles: dict[int, bytes] = field(default_factory=dict)  # job → its event, in the order of the jobs
    cards: dict[int, bytes] = field(default_factory=dict)  # generation → its event
    generations: dict[int, int] = field(default_factory=dict)  # job → its generation

    @classmethod
    def render(cls, changed: set[int], *, unknown: set[int]) -> "Events":
        if not changed:
            return cls()
        jobs = list(Job.objects.filter(pk__in=changed).for_tiles().order_by("pk"))
        new = {job.generation_id for job in jobs if job.pk in unknown}
        generations = Generation.objects.filter(pk__in=new).for_feed()
        return cls(
            tiles={job.pk: tile_event(job) for job in jobs},
            cards={generation.pk: card_event(generation) for generation in generations},
            generations={job.pk: job.generation_id for job in jobs},
        )

    def lines(self, lacking: set[int], *, unknown: set[int]) -> bytes:
        """Cards of generations a page may not have, then the changed tiles."""
        new = {generation_id for pk, generation_id in self.generations.items() if pk in unknown}
        cards = (card for pk, card in self.cards.items() if pk in new)
        return b"".join([*cards, *(tile for pk, tile in self.tiles.items() if pk in lacking)])


def card_event(generation: Generation) -> bytes:
    html = render_to_string("create/cards.html#generation", {"generation": generation})
    return event("generation", {"id": generation.pk, "html": html})


def tile_event(job: Job) -> bytes:
    html = render_to_string("create/cards.html#tile", {"job": job, "generation": job.generation})
    data = {"id": job.pk, "generation": job.generation_id, "version": job.version, "state": job.state, "html": html}
    reply = model_reply_of(job.generation)
    return event("tile", data | ({"reply": model_reply_html(reply)} if reply else {}))


poller = Poller()
