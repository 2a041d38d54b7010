"""Image tasks: started once, and polled until the picture is there, by anyone who has the id."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.gateway import Endpoint, Gateway, Reply, Timeouts, errors, read_reply
from studio.images import EditRequest, ImageFile, ImageRequest, Size
from tests.sandbox.conftest import Running, running

from .conftest import KEY, PNG, PNG_64, read_twice
from .scripted_gateway import CUT, FOREVER, ScriptedGateway, answer, event, head
from .test_edit import part

pytestmark = pytest.mark.anyio

TAKEN = answer({"id": "imgtask_1", "task_id": "imgtask_1", "status": "processing"}, status=202)
PROCESSING = answer({"status": "processing"}, **{"retry-after": "0"})
DONE = answer({"status": "completed", "http_status": 200, "result": {"data": [{"b64_json": PNG_64}]}})
SHORT = Timeouts(connect=2, deadline=3, silence=0.5)


class TaskCaller:
    """Generates by a task at a scripted gateway, and keeps the task's id as the runner does."""

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        self.gateway, self.path = gateway, folder / "attempt"
        self.ids: list[str] = []
        self.requests: list[str] = []

    async def __call__(self, *scripts: Any, request: ImageRequest | None = None, **more: Any) -> Reply:
        async with ScriptedGateway(*scripts) as wire:
            try:
                received = await self.gateway.generate(
                    endpoint=Endpoint(base_url=wire.base_url, api_key=KEY, is_private_allowed=True),
                    request=request or ImageRequest(prompt="a teal square"),
                    body_path=self.path,
                    timeouts=more.get("timeouts", SHORT),
                    on_task=self.keep,
                )
            finally:
                self.requests = [wire.request(number)[0] for number in range(len(wire.requests))]
        return read_twice(read_reply, received)

    async def keep(self, task_id: str) -> None:
        self.ids.append(task_id)


@pytest.fixture
async def task_caller(gateway: Gateway, tmp_path: Path) -> TaskCaller:
    return TaskCaller(gateway, tmp_path)


async def test_a_task_is_started_once_reported_and_polled_until_it_is_done(task_caller: TaskCaller) -> None:
    assert (await task_caller(TAKEN, PROCESSING, PROCESSING, DONE)).picture == PNG
    assert task_caller.ids == ["imgtask_1"]
    assert task_caller.requests == [
        "POST /v1/images/generations/async HTTP/1.1",
        *["GET /v1/images/tasks/imgtask_1 HTTP/1.1"] * 3,
    ]


@pytest.mark.parametrize(
    "odd",
    [
        answer("<html><title>502</title></html>", status=502, kind="text/html"),
        answer({"error": {"message": "unavailable", "code": "IMAGE_TASK_UNAVAILABLE"}}, status=503),
        answer({"error": {"message": "slow down"}}, status=429, **{"retry-after": "0"}),
        answer({"error": {"message": "boom"}}, status=500),
        answer(""),
        answer("[1, 2"),
        answer("<html>"),
        [head(200, {"content-length": "900"}), b'{"status": ', CUT],
        [CUT],
    ],
)
async def test_a_poll_that_fails_is_repeated(
    task_caller: TaskCaller, odd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.gateway.tasks.USUAL_WAIT", 0.05)
    assert (await task_caller(TAKEN, odd, DONE)).picture == PNG


@pytest.mark.parametrize(
    "done",
    [
        answer({"status": "succeeded", "data": [{"b64_json": PNG_64}]}),
        answer({"status": "COMPLETED", "result": {"data": [{"url": "data:image/png;base64," + PNG_64}]}}),
        answer(b"\xef\xbb\xbf \n" + json.dumps({"result": {"data": [{"b64_json": PNG_64}]}}).encode()),
    ],
)
async def test_a_finished_task_is_read_in_every_shape(task_caller: TaskCaller, done: bytes) -> None:
    assert (await task_caller(TAKEN, done)).picture == PNG


@pytest.mark.parametrize(
    "taken",
    [
        answer({"id": "imgtask_1"}, status=202),
        answer({"data": {"task_id": "imgtask_1"}}),
        answer({"poll_url": "http://elsewhere.example/v1/images/tasks/imgtask_1?x=1"}, status=202),
        answer({}, status=202, location="/v1/images/tasks/imgtask_1"),
    ],
)
async def test_the_tasks_id_is_found_in_every_place(task_caller: TaskCaller, taken: bytes) -> None:
    await task_caller(taken, DONE)
    assert task_caller.ids == ["imgtask_1"]
    assert task_caller.requests[-1] == "GET /v1/images/tasks/imgtask_1 HTTP/1.1"


@pytest.mark.parametrize(
    ("scripts", "kind", "is_billed"),
    [
        ([answer({"error": {"message": "not enabled"}}, status=404)], errors.TasksRefused, False),
        ([answer({"error": {"code": "moderation_blocked"}}, status=400)], errors.ContentRefused, False),
        ([answer({"id": "../../evil"}, status=202)], errors.NoPicture, True),
        ([[head(202, {"content-length": "90"}), b'{"id":', CUT]], errors.ConnectionCut, True),
        (
            [TAKEN, answer({"status": "failed", "http_status": 400, "error": {"code": "moderation_blocked"}})],
            errors.ContentRefused,
            False,
        ),
        ([TAKEN, answer({"status": "failed", "http_status": 500, "error": "boom"})], errors.LateFailure, True),
        ([TAKEN, answer({"status": "failed"})], errors.LateFailure, True),
        ([TAKEN, answer({"error": {"code": "IMAGE_TASK_NOT_FOUND"}}, status=404)], errors.LateFailure, True),
        ([TAKEN, answer({"error": {"code": "INVALID_API_KEY"}}, status=401)], errors.LateFailure, True),
        ([TAKEN, answer({"status": "completed", "result": {"data": []}})], errors.NoPicture, True),
        ([TAKEN, PROCESSING], errors.DeadlinePassed, True),
    ],
)
async def test_a_failed_task_is_an_error_that_says_whether_it_may_be_billed(
    task_caller: TaskCaller, scripts: list[Any], kind: type[errors.GatewayError], is_billed: bool
) -> None:
    with pytest.raises(kind) as caught:
        await task_caller(*scripts, timeouts=Timeouts(connect=2, deadline=0.6, silence=0.5))
    assert type(caught.value) is kind
    assert caught.value.maybe_billed is is_billed


@pytest.mark.parametrize(
    "at_once",
    [
        answer({"data": [{"b64_json": PNG_64}]}),
        answer({"data": [{"b64_json": PNG_64}], "padding": "x" * 2_000_000}),
        answer(PNG, kind="image/png"),
        answer(event("image_generation.completed", b64_json=PNG_64), kind="text/event-stream"),
    ],
    ids=["json", "more than a megabyte", "picture", "events"],
)
async def test_a_picture_that_is_sent_at_once_instead_of_a_task_is_delivered(
    task_caller: TaskCaller, at_once: bytes
) -> None:
    assert (await task_caller(at_once)).picture == PNG
    assert (task_caller.ids, len(task_caller.requests)) == ([], 1)


async def test_a_task_whose_link_has_expired_is_asked_for_a_new_one(task_caller: TaskCaller) -> None:
    def linked(name: str) -> bytes:
        body = {"status": "completed", "result": {"data": [{"url": f"/store/{name}.png"}]}}
        return answer(body, **{"retry-after": "0"})

    expired = answer("<Error>Request has expired</Error>", status=403, kind="application/xml")
    picture = answer(PNG, kind="image/png")
    assert (await task_caller(TAKEN, linked("old"), expired, linked("new"), picture)).picture == PNG
    assert [line.split()[1] for line in task_caller.requests[2:]] == [
        "/store/old.png",
        "/v1/images/tasks/imgtask_1",
        "/store/new.png",
    ]
    assert sum(line.startswith("POST") for line in task_caller.requests) == 1


@pytest.mark.parametrize(
    "done",
    [
        {"state": "SUCCESS", "data": {"images": [{"b64_json": PNG_64}]}},
        {"task_status": "SUCCEEDED", "output": {"results": [{"b64_image": PNG_64}]}},
        {"data": {"status": "finished", "image": PNG_64}},
    ],
)
async def test_a_task_is_done_in_whatever_words_it_says_so(task_caller: TaskCaller, done: dict[str, Any]) -> None:
    assert (await task_caller(TAKEN, PROCESSING, answer(done))).picture == PNG


async def test_a_poll_that_never_ends_is_cut_by_the_deadline(task_caller: TaskCaller) -> None:
    with pytest.raises(errors.DeadlinePassed):
        await task_caller(TAKEN, [head(200), b" ", FOREVER], timeouts=Timeouts(connect=2, deadline=0.6, silence=30))


# ── Against the sandbox ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sandbox")) as started:
        yield started


def small(prompt: str) -> dict[str, Any]:
    return {"prompt": prompt, "size": Size(1024, 640), "quality": "low", "output_format": "jpeg"}


async def test_the_sandbox_draws_a_task_and_hands_it_out_by_its_address(
    gateway: Gateway, process: Running, tmp_path: Path
) -> None:
    ids: list[str] = []

    async def keep(task_id: str) -> None:
        ids.append(task_id)

    endpoint = Endpoint(base_url=process.url, api_key=KEY, is_private_allowed=True)
    path, again = tmp_path / "attempt", tmp_path / "again"
    request = ImageRequest(**small("A lighthouse"))
    await gateway.generate(endpoint=endpoint, request=request, body_path=path, on_task=keep, client_request_id="t-1")
    reply = read_reply(path)
    assert reply.picture.startswith(b"\xff\xd8\xff")
    assert reply.usage is not None
    await gateway.collect(endpoint=endpoint, task_id=ids[0], body_path=again)
    assert read_reply(again).picture == reply.picture
    [line] = process.lines(id="t-1")
    assert (line["billed"], line["endpoint"]) == (True, "generations")


async def test_the_sandbox_edits_as_a_task(gateway: Gateway, process: Running, tmp_path: Path) -> None:
    ids: list[str] = []

    async def keep(task_id: str) -> None:
        ids.append(task_id)

    source = ImageFile(format="png", byte_count=len(PNG), width=16, height=16)
    await gateway.edit(
        endpoint=Endpoint(base_url=process.url, api_key=KEY, is_private_allowed=True),
        request=EditRequest(**small("A lighthouse at night"), images=(source,)),
        images=[part(PNG)],
        body_path=tmp_path / "attempt",
        on_task=keep,
    )
    assert read_reply(tmp_path / "attempt").picture
    assert ids[0].startswith("imgtask_")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("no-tasks", errors.TasksRefused),
        ("task-failed", errors.ContentRefused),
        ("task-lost", errors.LateFailure),
        ("500-late", errors.LateFailure),
        ("502-html", errors.LateFailure),
        ("empty-data", errors.NoPicture),
        ("url-private", errors.PictureOutOfReach),
        ("429", errors.RateLimited),
    ],
)
async def test_faults_of_tasks_end_as_they_should(
    gateway: Gateway, process: Running, tmp_path: Path, fault: str, kind: type[errors.GatewayError]
) -> None:
    async def keep(_task_id: str) -> None:
        await asyncio.sleep(0)

    with pytest.raises(kind):
        await gateway.generate(
            endpoint=Endpoint(base_url=process.url, api_key=KEY, is_private_allowed=True),
            request=ImageRequest(**small(f"A lighthouse sandbox:{fault}")),
            body_path=tmp_path / "attempt",
            on_task=keep,
        )


async def test_another_key_cannot_poll_a_task(gateway: Gateway, process: Running, tmp_path: Path) -> None:
    ids: list[str] = []

    async def keep(task_id: str) -> None:
        ids.append(task_id)

    mine, other = (
        Endpoint(base_url=process.url, api_key=key, is_private_allowed=True)
        for key in (KEY, "sk-somebody-else-entirely")
    )
    request = ImageRequest(**small("A lighthouse"))
    await gateway.generate(endpoint=mine, request=request, body_path=tmp_path / "mine", on_task=keep)
    with pytest.raises(errors.LateFailure):
        await gateway.collect(endpoint=other, task_id=ids[0], body_path=tmp_path / "theirs", timeouts=SHORT)
