"""An edit's form on the wire, byte by byte, and what becomes of it."""

import asyncio
import io
import os
import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from studio.gateway import Endpoint, Gateway, Part, Received, Timeouts, errors, read_reply
from studio.gateway.errors import RequestRefused
from studio.gateway.image_field import misses_images
from studio.images import EditRequest, ImageFile, Size, image_tokens, output_tokens

from ..sandbox.conftest import Running, running
from .conftest import KEY, PNG, PNG_64, QUICK, paint
from .scripted_gateway import CUT, FOREVER, ScriptedGateway, answer, event, stream

pytestmark = pytest.mark.anyio

OK = {"created": 1, "data": [{"b64_json": PNG_64}], "size": "1024x640"}
JPEG, MASK = paint("red", "JPEG"), paint("black")
FASTAPI = {"detail": [{"type": "missing", "loc": ["body", "image"], "msg": "Field required", "input": None}]}


def edit_request(prompt: str = "a red hat", **options: Any) -> EditRequest:
    return EditRequest(**({"prompt": prompt, "size": Size(1024, 640), "quality": "low"} | options))


def part(data: bytes = PNG, filename: str = "image-1.png", content_type: str = "image/png") -> Part:
    return Part(filename=filename, content_type=content_type, source=lambda: io.BytesIO(data))


class EditCaller:
    """Edits through a scripted gateway; what a test does not name is one small picture."""

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        self.gateway, self.path = gateway, folder / "attempt"

    async def edit(self, base_url: str, **options: Any) -> Received:
        given = {
            "request": edit_request(),
            "images": [part()],
            "timeouts": QUICK,
            "client_request_id": "attempt-1",
        } | options
        endpoint = Endpoint(base_url=base_url, api_key=KEY, is_private_allowed=True)
        return await self.gateway.edit(endpoint=endpoint, body_path=self.path, **given)

    async def sent(self, **options: Any) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
        """The headers of a call that went well, and its form's parts as they stood on the wire."""
        async with ScriptedGateway(answer(OK)) as wire:
            await self.edit(wire.base_url, **options)
            line, fields, body = wire.request()
            assert len(wire.requests) == 1
        assert line == "POST /v1/images/edits HTTP/1.1"
        assert int(fields["content-length"]) == len(body)
        assert "transfer-encoding" not in fields
        return fields, strictly_parted(fields["content-type"], body)


def strictly_parted(content_type: str, body: bytes) -> list[tuple[str, bytes]]:
    """Each part's headers as one text and its content; whatever RFC 7578 does not allow fails."""
    found = re.fullmatch(r"multipart/form-data; boundary=([0-9a-f]{32})", content_type)
    assert found
    boundary = found[1].encode()
    assert body.startswith(b"--" + boundary + b"\r\n")
    assert body.endswith(b"\r\n--" + boundary + b"--\r\n")
    inner = body[len(boundary) + 4 : -len(boundary) - 8]
    pieces = inner.split(b"\r\n--" + boundary + b"\r\n")
    return [(head.decode(), data) for head, _, data in (piece.partition(b"\r\n\r\n") for piece in pieces)]


def text(name: str, value: str) -> tuple[str, bytes]:
    return f'Content-Disposition: form-data; name="{name}"', value.encode()


def file(name: str, filename: str, kind: str, data: bytes) -> tuple[str, bytes]:
    return f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: {kind}', data


@pytest.fixture
def edit_caller(gateway: Gateway, tmp_path: Path) -> EditCaller:
    return EditCaller(gateway, tmp_path)


async def test_a_form_is_exactly_what_the_contract_asks_for(edit_caller: EditCaller) -> None:
    request = edit_request(output_format="jpeg", output_compression=80, user="u-7", moderation="low")
    fields, parts = await edit_caller.sent(
        request=request, images=[part(), part(JPEG, "image-2.jpg", "image/jpeg")], mask=part(MASK, "mask.png")
    )
    assert parts == [
        text("model", "gpt-image-2"),
        text("prompt", "a red hat"),
        text("size", "1024x640"),
        text("quality", "low"),
        text("output_format", "jpeg"),
        text("n", "1"),
        text("output_compression", "80"),
        text("user", "u-7"),
        file("image[]", "image-1.png", "image/png", PNG),
        file("image[]", "image-2.jpg", "image/jpeg", JPEG),
        file("mask", "mask.png", "image/png", MASK),
    ]
    assert fields["authorization"] == f"Bearer {KEY}"
    assert fields["accept"] == "application/json"
    assert fields["x-request-id"] == fields["x-client-request-id"] == "attempt-1"


async def test_the_field_can_be_the_plain_one_and_the_mask_left_out(edit_caller: EditCaller) -> None:
    _, parts = await edit_caller.sent(images=[part(), part()], image_field="image")
    assert parts[-2:] == [file("image", "image-1.png", "image/png", PNG)] * 2


async def test_a_stream_is_asked_for_and_the_size_is_always_said(edit_caller: EditCaller) -> None:
    request = EditRequest(prompt="a hat", stream=True, partial_images=2)
    fields, parts = await edit_caller.sent(request=request)
    assert "text/event-stream" in fields["accept"]
    for field in (("size", "auto"), ("stream", "true"), ("partial_images", "2")):
        assert text(*field) in parts


async def test_text_and_filenames_cannot_break_out_of_their_part(edit_caller: EditCaller) -> None:
    prompt = 'a "hat"\r\n--x\r\nContent-Disposition: form-data; name="n"\r\n\r\n9 帽子'
    _, parts = await edit_caller.sent(request=edit_request(prompt), images=[part(filename='a"\r\nX: y.png')])
    assert text("prompt", prompt) in parts
    assert parts[-1][0].splitlines()[0].endswith('filename="a%22%0D%0AX: y.png"')


async def test_pictures_are_read_from_paths_and_from_functions_that_open_them(
    edit_caller: EditCaller, tmp_path: Path
) -> None:
    path, opened = tmp_path / "source.png", []
    path.write_bytes(os.urandom(700_000))

    def reopen() -> BinaryIO:
        opened.append(path.open("rb"))
        return opened[-1]

    images = [
        Part(filename="a.png", content_type="image/png", source=path),
        Part(filename="b.png", content_type="image/png", source=reopen),
        Part(filename="c.png", content_type="image/png", source=reopen, byte_count=700_000),
    ]
    _, parts = await edit_caller.sent(images=images)
    assert [data for _, data in parts[-3:]] == [path.read_bytes()] * 3
    assert len(opened) == 3  # one of them to be measured
    assert all(file.closed for file in opened)


async def test_on_sent_is_called_when_the_whole_request_has_left(edit_caller: EditCaller) -> None:
    sent: list[bool] = []
    await edit_caller.sent(on_sent=lambda: sent.append(True))
    assert sent == [True]


class Untouchable(io.RawIOBase):
    """A file that a storage hands out and then fails to read."""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 1000

    def read(self, size: int = -1) -> bytes:
        raise ConnectionResetError


@pytest.mark.parametrize(
    "broken",
    [
        Part(filename="a.png", content_type="image/png", source=Path("nowhere.png")),
        Part(filename="a.png", content_type="image/png", source=lambda: Untouchable()),  # type: ignore[arg-type,return-value]
        Part(filename="a.png", content_type="image/png", source=lambda: io.BytesIO(PNG), byte_count=9_999),
        Part(filename="a.png", content_type="image/png", source=lambda: io.BytesIO(PNG), byte_count=9),
    ],
    ids=["missing", "unreadable", "shorter", "longer"],
)
async def test_a_picture_that_cannot_be_read_costs_nothing(edit_caller: EditCaller, broken: Part) -> None:
    async with ScriptedGateway(answer(OK)) as wire:
        with pytest.raises(errors.StorageFailed) as caught:
            await edit_caller.edit(wire.base_url, images=[part(), broken])
        assert wire.requests == []  # nothing whole ever arrived
    assert not caught.value.maybe_billed
    assert list(edit_caller.path.parent.iterdir()) == []


async def test_a_connection_that_breaks_during_the_upload_is_retryable(edit_caller: EditCaller) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(100_000)
        writer.transport.abort()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(errors.UploadCut) as caught:
            await edit_caller.edit(address, images=[part(bytes(30_000_000))])
    assert caught.value.retryable
    assert not caught.value.maybe_billed


async def test_an_upload_that_is_too_slow_costs_nothing(edit_caller: EditCaller) -> None:
    async def dawdle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(FOREVER)

    server = await asyncio.start_server(dawdle, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with pytest.raises(errors.UploadCut):
        await edit_caller.edit(address, images=[part(bytes(30_000_000))], timeouts=Timeouts(deadline=0.5))
    server.close()
    server.close_clients()


async def test_a_connection_that_breaks_after_the_upload_is_an_unknown_outcome(edit_caller: EditCaller) -> None:
    async with ScriptedGateway([CUT]) as wire:
        with pytest.raises(errors.ConnectionCut) as caught:
            await edit_caller.edit(wire.base_url)
    assert caught.value.maybe_billed


async def test_an_answer_before_the_upload_ends_is_read(edit_caller: EditCaller) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer("<html><title>413 Request Entity Too Large</title>", status=413, kind="text/html"))
        await writer.drain()
        while await reader.read(65_536):
            pass

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(errors.RequestTooLarge):
            await edit_caller.edit(address, images=[part(bytes(3_000_000))])


def refusal(status: int, body: dict[str, Any]) -> bytes:
    return answer(body, status=status, x_request_id="abc")


def openai(message: str, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": code, "param": param}}


MISSING = [
    (422, FASTAPI),
    (422, {"detail": "Field 'image' or 'url' is required"}),
    (400, {"error": {"type": "invalid_request_error", "message": "image file is required"}}),
    (400, openai("Missing required parameter: 'image'.", "missing_required_parameter", "image")),
    (400, openai("Unknown parameter: 'image[]'.", "unknown_parameter", "image[]")),
    (400, {"error": "no image provided"}),
    (400, {"error": "at least one image must be sent"}),
    (400, {"code": "bad_request", "message": "请上传图片"}),
]


@pytest.mark.parametrize(("status", "body"), MISSING, ids=range(len(MISSING)))
async def test_images_that_were_not_found_are_an_error_of_their_own(
    edit_caller: EditCaller, status: int, body: dict[str, Any]
) -> None:
    async with ScriptedGateway(refusal(status, body)) as wire:
        with pytest.raises(errors.ImageFieldRefused) as caught:
            await edit_caller.edit(wire.base_url)
        error = caught.value
        with pytest.raises(errors.RequestRefused) as plain:
            await edit_caller.edit(wire.base_url, image_field="image")
    assert (error.kind, error.retryable, error.maybe_billed) == ("image_field_refused", False, False)
    assert (error.status, error.request_id) == (status, "abc")
    assert not isinstance(plain.value, errors.ImageFieldRefused)


OTHERS = [
    (400, openai('images endpoint requires an image model, got "dall-e-2"')),
    (400, openai("Missing required parameter: 'prompt'.", "missing_required_parameter", "prompt")),
    (
        400,
        openai("Invalid file 'image': unsupported mimetype ('x'). Supported …", "unsupported_file_mimetype", "image"),
    ),
    (400, openai("Invalid mask image format - mask image missing alpha channel", "invalid_mask_image_format")),
    (400, openai("Invalid mask image format - mask size does not match image size", "invalid_mask_image_format")),
    (400, openai("Invalid image file or mode for image 1, please check your image file.", "invalid_image_file")),
    (400, openai("Unknown parameter: 'output_format'.", "unknown_parameter", "output_format")),
    (413, openai("image file is required")),
    (422, {"detail": [{"loc": ["body", "size"], "msg": "Field required", "type": "missing"}]}),
]


@pytest.mark.parametrize(("status", "body"), OTHERS, ids=range(len(OTHERS)))
async def test_other_refusals_stay_what_they_are(edit_caller: EditCaller, status: int, body: dict[str, Any]) -> None:
    async with ScriptedGateway(refusal(status, body)) as wire:
        with pytest.raises(errors.RequestRefused) as caught:
            await edit_caller.edit(wire.base_url)
    assert not isinstance(caught.value, errors.ImageFieldRefused)


@given(st.text(max_size=400), st.sampled_from([None, "image", "image[]", "size"]))
def test_any_refusal_message_is_classified(words: str, param: str | None) -> None:
    assert misses_images(RequestRefused(words, status=400, param=param)) in (True, False)


@pytest.mark.parametrize(
    ("usage", "image", "words"),
    [
        ({"input_tokens": 1030, "output_tokens": 107}, 1030, 0),
        ({"input_tokens": 1030, "input_tokens_details": {"image_tokens": 1024, "text_tokens": 6}, "output_tokens": 107},
         1024, 6),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_stream", [False, True], ids=["json", "stream"])
async def test_input_without_details_counts_as_image(
    edit_caller: EditCaller, usage: dict[str, Any], image: int, words: int, is_stream: bool
) -> None:
    events = stream(event("image_edit.completed", b64_json=PNG_64, usage=usage))
    async with ScriptedGateway(events if is_stream else answer(OK | {"usage": usage})) as wire:
        await edit_caller.edit(wire.base_url, request=edit_request(stream=is_stream))
    found = read_reply(edit_caller.path, request=edit_request()).usage
    assert found
    assert (found.input_image_tokens, found.input_text_tokens) == (image, words)


async def test_the_usage_survives_a_picture_that_had_to_be_fetched(edit_caller: EditCaller) -> None:
    usage = {"prompt_tokens": 1030, "completion_tokens": 107}
    async with ScriptedGateway(b"", answer(PNG, kind="image/png")) as wire:
        body = {"data": [{"url": f"http://127.0.0.1:{wire.port}/a.png"}], "usage": usage}
        wire.scripts[0] = [answer(body)]
        await edit_caller.edit(wire.base_url)
    found = read_reply(edit_caller.path, request=edit_request()).usage
    assert found
    assert (found.input_image_tokens, found.input_text_tokens, found.output_tokens) == (1030, 0, 107)


def test_the_deadline_leaves_time_for_the_upload() -> None:
    heavy = ImageFile(format="png", byte_count=19 * 1024 * 1024, width=3840, height=2160)
    alone, crowded = (Timeouts.for_request(edit_request(images=(heavy,) * count)).deadline for count in (0, 16))
    assert alone == 300
    assert crowded > 900


async def test_sixteen_large_pictures_are_never_whole_in_memory(edit_caller: EditCaller, tmp_path: Path) -> None:
    path, size = tmp_path / "large.png", 19 * 1024 * 1024
    with path.open("wb") as large:
        large.truncate(size)
    drained = 0

    async def drain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal drained
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head.lower())[1])  # type: ignore[index]
        while drained < length:
            drained += len(await reader.read(1_000_000))
        writer.write(answer(OK))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(drain, "127.0.0.1", 0)
    async with server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        images = [Part(filename="a.png", content_type="image/png", source=path)] * 16
        tracemalloc.start()
        try:
            await edit_caller.edit(address, images=images, timeouts=Timeouts(deadline=120))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert drained > 16 * size
    assert peak < 12_000_000


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sandbox")) as started:
        yield started


SOURCE = Image.linear_gradient("L").resize((1024, 640)).convert("RGB")


def files() -> dict[str, Part]:
    mask = Image.new("RGBA", SOURCE.size, (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (200, 200, 500, 500))
    written = {}
    for name, image in (("source", SOURCE), ("mask", mask)):
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        written[name] = part(buffer.getvalue(), f"{name}.png")
    return written


@pytest.mark.parametrize("is_stream", [False, True], ids=["json", "stream"])
async def test_the_sandbox_edits_a_picture(edit_caller: EditCaller, sandbox: Running, is_stream: bool) -> None:
    seen: list[int] = []

    async def note(base64: str, index: int) -> None:
        seen.append(index)

    request = edit_request(stream=is_stream, partial_images=2 if is_stream else 0)
    sent = files()
    received = await edit_caller.edit(
        sandbox.url, request=request, images=[sent["source"], part()], mask=sent["mask"], on_partial=note
    )
    reply = read_reply(received.path, request=request)
    assert Image.open(io.BytesIO(reply.picture)).size == (1024, 640)
    assert reply.usage
    assert reply.usage.input_image_tokens == image_tokens(1024, 640) + image_tokens(16, 16)
    assert reply.usage.output_image_tokens == output_tokens(1024, 640, "low") + (200 if is_stream else 0)
    assert received.streamed == is_stream
    assert seen == ([0, 1] if is_stream else [])
    line = sandbox.wait_for_line(id="attempt-1", stream=is_stream)
    assert (line["endpoint"], len(line["images"]), line["mask"]["format"]) == ("edits", 2, "png")


FAULTS: list[tuple[str, type[errors.GatewayError]]] = [
    ("image-field", errors.ImageFieldRefused),
    ("429", errors.RateLimited),
    ("refused", errors.ContentRefused),
    ("502", errors.Unavailable),
    ("504-html", errors.LateFailure),
    ("cut", errors.ConnectionCut),
    ("empty-data", errors.NoPicture),
    ("html-200", errors.ReplyUnreadable),
]


@pytest.mark.parametrize(("fault", "error"), FAULTS)
async def test_each_fault_of_the_sandbox_ends_an_edit_as_it_should(
    edit_caller: EditCaller, sandbox: Running, fault: str, error: type[errors.GatewayError]
) -> None:
    with pytest.raises(error) as caught:
        await edit_caller.edit(sandbox.url, request=edit_request(f"sandbox:{fault}"))
    assert type(caught.value) is error


async def test_a_gateway_that_wants_the_plain_field_gets_it_the_second_time(
    edit_caller: EditCaller, sandbox: Running
) -> None:
    request = edit_request("a hat sandbox:image-field")
    with pytest.raises(errors.ImageFieldRefused):
        await edit_caller.edit(sandbox.url, request=request)
    await edit_caller.edit(sandbox.url, request=request, image_field="image")
    assert read_reply(edit_caller.path, request=request).picture


@pytest.mark.parametrize("fault", ["url", "odd-stream", "sse-for-json", "json-for-sse", "shift", "rescale"])
async def test_odd_replies_to_an_edit_still_hold_a_picture(
    edit_caller: EditCaller, sandbox: Running, fault: str
) -> None:
    request = edit_request(f"sandbox:{fault}", stream=fault in ("odd-stream", "json-for-sse"))
    await edit_caller.edit(sandbox.url, request=request)
    size = Image.open(io.BytesIO(read_reply(edit_caller.path, request=request).picture)).size
    assert size == ((768, 480) if fault == "rescale" else (1024, 640))
