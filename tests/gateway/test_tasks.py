"""Image tasks: begun once, asked about until the picture is there, by whoever knows their id."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.gateway import Endpoint, Gateway, Reply, Timeouts, errors, read_reply
from studio.images import EditRequest, ImageFile, ImageRequest, Size
from tests.sandbox.conftest import Running, running

from .conftest import KEY, PNG, PNG_64
from .test_edit import part
from .wire import CUT, FOREVER, Wire, answer, head

pytestmark = pytest.mark.anyio

TAKEN = answer({"id": "imgtask_1", "task_id": "imgtask_1", "status": "processing"}, status=202)
PROCESSING = answer({"status": "processing"}, **{"retry-after": "0"})
DONE = answer({"status": "completed", "http_status": 200, "result": {"data": [{"b64_json": PNG_64}]}})
SHORT = Timeouts(connect=2, deadline=3, silence=0.5)


class Tasker:
    """Draws by a task at a scripted gateway, and keeps the task's id as the runner does."""

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        self.gateway, self.path = gateway, folder / "attempt"
        self.ids: list[str] = []
        self.asked: list[str] = []

    async def __call__(self, *scripts: Any, request: ImageRequest | None = None, **more: Any) -> Reply:
        async with Wire(*scripts) as wire:
            try:
                await self.gateway.generate(
                    endpoint=Endpoint(base_url=wire.base_url, api_key=KEY, is_private_allowed=True),
                    request=request or ImageRequest(prompt="a teal square"),
                    body_path=self.path,
                    timeouts=more.get("timeouts", SHORT),
                    on_task=self.keep,
                )
            finally:
                self.asked = [wire.asked(number)[0] for number in range(len(wire.requests))]
        return read_reply(self.path)

    async def keep(self, task_id: str) -> None:
        self.ids.append(task_id)


@pytest.fixture
async def by_task(gateway: Gateway, tmp_path: Path) -> Tasker:
    return Tasker(gateway, tmp_path)


async def test_a_task_is_begun_once_kept_and_asked_about_until_it_is_done(by_task: Tasker) -> None:
    assert (await by_task(TAKEN, PROCESSING, PROCESSING, DONE)).picture == PNG
    assert by_task.ids == ["imgtask_1"]
    assert by_task.asked == [
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
async def test_a_look_that_goes_wrong_is_made_again(by_task: Tasker, odd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.gateway.tasks.USUAL_WAIT", 0.05)
    assert (await by_task(TAKEN, odd, DONE)).picture == PNG


@pytest.mark.parametrize(
    "done",
    [
        answer({"status": "succeeded", "data": [{"b64_json": PNG_64}]}),
        answer({"status": "COMPLETED", "result": {"data": [{"url": "data:image/png;base64," + PNG_64}]}}),
        answer(b"\xef\xbb\xbf \n" + json.dumps({"result": {"data": [{"b64_json": PNG_64}]}}).encode()),
    ],
)
async def test_a_finished_task_is_read_in_every_shape(by_task: Tasker, done: bytes) -> None:
    assert (await by_task(TAKEN, done)).picture == PNG


@pytest.mark.parametrize(
    "taken",
    [
        answer({"id": "imgtask_1"}, status=202),
        answer({"data": {"task_id": "imgtask_1"}}),
        answer({"poll_url": "http://elsewhere.example/v1/images/tasks/imgtask_1?x=1"}, status=202),
        answer({}, status=202, location="/v1/images/tasks/imgtask_1"),
    ],
)
async def test_the_tasks_id_is_found_wherever_it_stands(by_task: Tasker, taken: bytes) -> None:
    await by_task(taken, DONE)
    assert by_task.ids == ["imgtask_1"]
    assert by_task.asked[-1] == "GET /v1/images/tasks/imgtask_1 HTTP/1.1"


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
async def test_a_task_that_brings_nothing_says_how_and_what_it_may_have_cost(
    by_task: Tasker, scripts: list[Any], kind: type[errors.GatewayError], is_billed: bool
) -> None:
    with pytest.raises(kind) as caught:
        await by_task(*scripts, timeouts=Timeouts(connect=2, deadline=0.6, silence=0.5))
    assert type(caught.value) is kind
    assert caught.value.maybe_billed is is_billed
    assert not by_task.path.exists()


async def test_a_look_that_never_ends_is_cut_by_the_deadline(by_task: Tasker) -> None:
    with pytest.raises(errors.DeadlinePassed):
        await by_task(TAKEN, [head(200), b" ", FOREVER], timeouts=Timeouts(connect=2, deadline=0.6, silence=30))


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


async def test_a_task_is_nobody_elses(gateway: Gateway, process: Running, tmp_path: Path) -> None:
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
