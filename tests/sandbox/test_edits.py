"""POST /v1/images/edits in both encodings: its rules, its pictures, its events and its bill."""

import asyncio
import base64
import io
import json
import uuid
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageStat
from starlette.requests import Request

from studio.images import LIST_RATES, Usage, cost, image_tokens, output_tokens
from studio.sandbox import uploads
from studio.sandbox.edit_validation import validate_edit
from studio.sandbox.error_responses import ErrorResponse
from studio.sandbox.painter import paint
from studio.sandbox.validation import RequestRejected

from .conftest import SMALL, Answer, Caller, Running

EDGES = 1024, 640
BOX = 300, 200, 640, 480
"""Where the mask lets the picture change; its right and lower edges belong to what is kept."""

INVALID, USER = "invalid_request_error", "image_generation_user_error"
type File = tuple[str, bytes, str]
type Part = tuple[str, File | tuple[None, bytes, str]]


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def masking(box: tuple[int, int, int, int] | None = BOX, *, edges: tuple[int, int] = EDGES) -> bytes:
    mask = Image.new("RGBA", edges, (0, 0, 0, 255))
    if box:
        mask.paste((0, 0, 0, 0), box)
    return saved(mask)


SOURCE_IMAGE = paint(prompt="hills", seed="s", width=EDGES[0], height=EDGES[1], quality="low")
SOURCE = saved(SOURCE_IMAGE, compress_level=1)
MASK = masking()


def png(data: bytes = SOURCE, name: str = "image[]", *, kind: str = "image/png", filename: str = "a.png") -> Part:
    return name, (filename, data, kind)


class Editor:
    """Posts edits in either encoding; what a test does not name is small, valid and quick."""

    def __init__(self, caller: Caller, url: str) -> None:
        self.http, self.url = caller.http, f"{url}/images/edits"

    def form(self, prompt: str, *parts: Part, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        fields = {key: str(value) for key, value in (SMALL | {"prompt": prompt} | more).items() if value is not None}
        files = [(name, (None, value.encode(), None)) for name, value in fields.items()]
        return answer(self.http.post(self.url, files=[*files, *(parts or [png()])], headers=headers))  # type: ignore[list-item]

    def json(self, prompt: str, images: Any = ..., mask: Any = None, **more: Any) -> Answer:
        body = SMALL | {"prompt": prompt, "images": [address(SOURCE)] if images is ... else images} | more
        body |= {"mask": mask} if mask is not None else {}
        return answer(self.http.post(self.url, json={key: value for key, value in body.items() if value is not None}))


def address(data: bytes, kind: str = "image/png") -> dict[str, str]:
    return {"image_url": f"data:{kind};base64,{base64.b64encode(data).decode()}"}


def answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, response.headers, response.content)


@pytest.fixture(scope="module")
def editor(caller: Caller, sandbox: Running) -> Editor:
    return Editor(caller, sandbox.url)


def picture(answer: Answer) -> Image.Image:
    assert answer.status == 200, answer.body[:400]
    return Image.open(io.BytesIO(base64.b64decode(answer.json["data"][0]["b64_json"])))


def lossless(editor: Editor, prompt: str, *parts: Part, **more: Any) -> Image.Image:
    """The edited picture as PNG."""
    return picture(editor.form(prompt, *parts, output_format="png", output_compression=None, **more)).convert("RGB")


def changed(first: Image.Image, second: Image.Image, box: tuple[int, int, int, int] | None = None) -> float:
    """The share of pixels, in a box or outside the mask's box, of which a channel differs by more than 8."""
    red, green, blue = ImageChops.difference(first, second).split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue).point([0] * 9 + [255] * 247)
    where = Image.new("L", EDGES, 0 if box else 255)
    ImageDraw.Draw(where).rectangle((BOX[0], BOX[1], BOX[2] - 1, BOX[3] - 1), fill=255 if box else 0)
    return ImageStat.Stat(most, where).mean[0] / 255


@pytest.mark.parametrize("name", ["image[]", "image", "image[0]"])
def test_a_form_with_an_image_gives_a_picture(editor: Editor, name: str) -> None:
    answer = editor.form("a red hat", png(name=name))
    assert picture(answer).size == EDGES
    assert (answer.json["size"], answer.json["quality"], answer.json["output_format"]) == ("1024x640", "low", "jpeg")


def test_the_address_without_a_version_works_too(editor: Editor, caller: Caller) -> None:
    address = editor.url.replace("/v1", "")
    response = caller.http.post(address, data=SMALL | {"prompt": "a red hat"}, files=[png()])
    assert response.status_code == 200


def test_json_and_a_form_with_the_same_content_paint_the_same_picture(editor: Editor) -> None:
    form = editor.form("a red hat", png(), ("mask", ("m.png", MASK, "image/png")))
    assert form.json["data"] == editor.json("a red hat", mask=address(MASK)).json["data"]


def test_inside_the_mask_is_new_and_outside_it_drifts_in_places(editor: Editor) -> None:
    result = lossless(editor, "a red poppy", png(), ("mask", ("mask.png", MASK, "image/png")))
    assert changed(SOURCE_IMAGE, result, BOX) > 0.8
    assert 0.1 < changed(SOURCE_IMAGE, result) < 0.8
    assert max(ImageStat.Stat(ImageChops.difference(SOURCE_IMAGE.reduce(16), result.reduce(16))).median) < 40


@pytest.mark.parametrize("colour", ["white", "black", "grey"])
def test_even_a_flat_picture_drifts(editor: Editor, colour: str) -> None:
    flat = Image.new("RGB", EDGES, colour)
    result = lossless(editor, "a red poppy", png(saved(flat)), ("mask", ("mask.png", MASK, "image/png")))
    assert changed(flat, result) > 0.02


def test_without_a_mask_the_whole_is_repainted_and_the_source_recognisable(editor: Editor) -> None:
    result = lossless(editor, "neon night city")
    assert changed(SOURCE_IMAGE, result) > 0.8
    shapes = [image.convert("L").reduce(8) for image in (SOURCE_IMAGE, result, ImageChops.invert(SOURCE_IMAGE))]
    own, other = (correlation(shapes[0], shape) for shape in shapes[1:])
    assert own > 0.8 > 0 > other


def correlation(first: Image.Image, second: Image.Image) -> float:
    pairs = list(zip(first.tobytes(), second.tobytes(), strict=True))
    means = [sum(values) / len(pairs) for values in zip(*pairs, strict=True)]
    spread = [sum((pair[side] - means[side]) ** 2 for pair in pairs) ** 0.5 for side in (0, 1)]
    return sum((a - means[0]) * (b - means[1]) for a, b in pairs) / (spread[0] * spread[1])


def test_the_same_edit_paints_the_same_picture_and_another_request_id_another(editor: Editor) -> None:
    first, again = (editor.form("a red hat").json["data"] for _ in range(2))
    assert first == again
    assert editor.form("a red hat", headers={"X-Request-ID": "another"}).json["data"] != first


def test_a_mask_that_lets_nothing_change_only_drifts(editor: Editor) -> None:
    result = lossless(editor, "a red hat", png(), ("mask", ("mask.png", masking(None), "image/png")))
    assert changed(SOURCE_IMAGE, result, BOX) < 0.9


def test_a_source_of_another_size_is_drawn_at_the_requested_one(editor: Editor) -> None:
    source, mask = saved(SOURCE_IMAGE.resize((333, 777))), masking((10, 10, 20, 20), edges=(333, 777))
    assert picture(editor.form("a hat", png(source), ("mask", ("m.png", mask, "image/png")))).size == EDGES


def test_sizes_that_are_not_named_have_their_encodings_defaults(editor: Editor) -> None:
    assert editor.form("a red hat", size=None).json["size"] == "1024x1024"
    assert editor.json("a red hat", size=None).json["size"] == "1254x1254"


def test_sixteen_images_are_taken(editor: Editor) -> None:
    small = saved(Image.new("RGB", (64, 64), "teal"), "WEBP")
    answer = editor.form("hats", png(), *[png(small, kind="image/webp")] * 15)
    assert answer.json["usage"]["input_tokens_details"]["image_tokens"] == image_tokens(*EDGES) + 15 * 16


def test_a_stream_of_an_edit_has_an_edits_events(editor: Editor) -> None:
    answer = editor.form("a red hat", stream="true", partial_images=2)
    names = ["image_edit.partial_image", "image_edit.partial_image", "image_edit.completed"]
    assert [name for name, _ in answer.events] == [data["type"] for _, data in answer.events] == names
    assert answer.events[-1][1]["usage"]["output_tokens"] == output_tokens(*EDGES, "low") + 200
    assert [data.get("partial_image_index") for _, data in answer.events] == [0, 1, None]


def test_json_can_be_streamed_too(editor: Editor) -> None:
    events = editor.json("a red hat", stream=True).events
    assert [name for name, _ in events] == ["image_edit.completed"]


def test_the_bill_counts_what_was_sent_and_the_log_says_what_it_was(editor: Editor, sandbox: Running) -> None:
    name = str(uuid.uuid4())
    reference = png(saved(Image.new("RGB", (1024, 1024)), "JPEG"), kind="image/jpeg")
    mask = "mask", ("mask.png", MASK, "image/png")
    usage = editor.form("a red hat", png(), reference, mask, headers={"X-Request-ID": name}).json["usage"]
    tokens = image_tokens(*EDGES) + 1024
    assert usage["input_tokens_details"] == {"image_tokens": tokens, "text_tokens": 3}
    line = sandbox.lines(id=name)[0]
    assert line["usage"] == usage
    assert line["cost"] == str(cost(Usage(3, tokens, output_tokens(*EDGES, "low")), LIST_RATES))
    assert (line["endpoint"], line["mask"]["size"], line["mask"]["bytes"]) == ("edits", "1024x640", len(MASK))
    assert [image["format"] for image in line["images"]] == ["png", "jpeg"]


def test_a_generations_line_has_no_images(caller: Caller, sandbox: Running) -> None:
    name = str(uuid.uuid4())
    caller.draw("hills", headers={"X-Request-ID": name})
    line = sandbox.lines(id=name)[0]
    assert (line["endpoint"], line["images"], line["mask"]) == ("generations", [], None)


def mask_of(data: bytes) -> Part:
    return "mask", ("mask.png", data, "image/png")


NO_FILE = "image file is required"
FORMATS = "Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'."
TOO_MANY = (
    "Invalid 'image': array too long. Expected an array with maximum length 16, "
    "but got an array with length 17 instead."
)
NO_FIDELITY = "The model 'gpt-image-2' does not support the 'input_fidelity' parameter."
NO_ALPHA = "Invalid mask image format - mask image missing alpha channel"
OTHER_SIZE = "Invalid mask image format - mask size does not match image size"
OTHER_FORMAT = "Invalid mask image format - mask format does not match image format"
NO_IMAGE = "Invalid image file or mode for image 1, please check your image file."
JPEG = saved(SOURCE_IMAGE, "JPEG")
TINY = saved(Image.new("RGB", (64, 64)))

BROKEN: list[tuple[Sequence[Part], dict[str, Any], tuple[Any, ...]]] = [
    ([("file", ("a.png", SOURCE, "image/png"))], {}, (INVALID, None, None, NO_FILE)),
    ([("image[]", (None, TINY, "image/png"))], {}, (INVALID, None, None, NO_FILE)),
    ([png(TINY, filename="")], {}, (INVALID, None, None, NO_FILE)),
    ([png(TINY)] * 17, {}, (INVALID, "array_above_max_length", "image", TOO_MANY)),
    ([png(kind="application/octet-stream")], {}, (INVALID, "unsupported_file_mimetype", "image",
     f"Invalid file 'image': unsupported mimetype ('application/octet-stream'). {FORMATS}")),
    ([png(), png(kind="image/gif")], {}, (INVALID, "unsupported_file_mimetype", "image[1]",
     f"Invalid file 'image[1]': unsupported mimetype ('image/gif'). {FORMATS}")),
    ([png(saved(SOURCE_IMAGE, "GIF"))], {}, (USER, "invalid_image_file", None, NO_IMAGE)),
    ([png(SOURCE[: len(SOURCE) // 2])], {}, (USER, "invalid_image_file", None, NO_IMAGE)),
    ([png(b"")], {}, (USER, "invalid_image_file", None, NO_IMAGE)),
    ([png(saved(Image.new("1", (8000, 8000))))], {}, (USER, "invalid_image_file", None, NO_IMAGE)),
    ([png(SOURCE + b"\0" * 50_000_000)], {}, (USER, "image_file_too_large", "image", None)),
    ([png(), mask_of(saved(Image.new("RGB", EDGES)))], {}, (USER, "invalid_mask_image_format", None, NO_ALPHA)),
    ([png(), mask_of(masking(edges=(1024, 656)))], {}, (USER, "invalid_mask_image_format", None, OTHER_SIZE)),
    ([png(JPEG, kind="image/jpeg"), mask_of(MASK)], {}, (USER, "invalid_mask_image_format", None, OTHER_FORMAT)),
    ([png(), mask_of(saved(Image.new("RGBA", EDGES), "WEBP"))], {}, (USER, "invalid_mask_image_format", None, None)),
    ([png(), mask_of(b"no mask")], {}, (USER, "invalid_mask_image_format", None, None)),
    ([png(), mask_of(MASK[: len(MASK) // 2])], {}, (USER, "invalid_mask_image_format", None, None)),
    ([png()], {"input_fidelity": "high"}, (INVALID, "invalid_input_fidelity_model", "input_fidelity", NO_FIDELITY)),
    ([png()], {"response_format": "url"}, (INVALID, "unknown_parameter", "response_format", None)),
    ([png(), ("extra", ("a.png", TINY, "image/png"))], {}, (INVALID, "unknown_parameter", "extra", None)),
    ([png()], {"n": 11}, (INVALID, "integer_above_max_value", "n", None)),
    ([png()], {"n": "two"}, (INVALID, "invalid_type", "n", None)),
    ([png()], {"n": 2, "stream": "true"}, (USER, "unsupported_parameter", "stream", None)),
    ([png()], {"stream": "yes"}, (INVALID, None, None, "invalid stream field type")),
    ([png()], {"size": "1000x1000"}, (USER, "invalid_value", "size", None)),
    ([png()], {"prompt": " "}, (INVALID, "empty_string", "prompt", None)),
    ([png()], {"model": "dall-e-2"}, (INVALID, None, None, 'images endpoint requires an image model, got "dall-e-2"')),
]  # fmt: skip


@pytest.mark.parametrize(("parts", "fields", "expected"), BROKEN, ids=range(len(BROKEN)))
def test_each_broken_rule_of_a_form_gets_its_published_400(
    editor: Editor, parts: Sequence[Part], fields: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    answer = editor.form(fields.get("prompt", "a hat"), *parts, **{k: v for k, v in fields.items() if k != "prompt"})
    error = answer.json["error"]
    kind, code, param, message = expected
    assert (answer.status, error["type"], error.get("code"), error.get("param")) == (400, kind, code, param)
    assert message is None or error["message"] == message


ELSEWHERE = {"image_url": "https://example.com/a.png"}
BROKEN_JSON: list[tuple[dict[str, Any], str | None, str]] = [
    ({"images": None}, None, "images[].image_url is required"),
    ({"images": []}, None, "images[].image_url is required"),
    ({"images": ["a"]}, None, "images[].image_url is required"),
    ({"images": [{"file_id": "file-1"}]}, None, "images[].file_id is not supported"),
    ({"mask": {"file_id": "file-1"}}, None, "mask.file_id is not supported"),
    ({"images": [ELSEWHERE]}, "failed_to_download_image", "Failed to download image"),
    ({"images": [{"image_url": "data:image/png;base64,???"}]}, "invalid_base64_image", "Invalid 'images[0].image_url'"),
    ({"images": [{"image_url": "data:" + "x" * 20_971_520}]}, "string_above_max_length", "Invalid 'images[0]"),
    ({"images": [address(TINY)] * 17}, "array_above_max_length", TOO_MANY),
    ({"images": [address(TINY, "image/gif")]}, "unsupported_file_mimetype", "Invalid file 'image'"),
    ({"mask": address(TINY)}, "invalid_mask_image_format", NO_ALPHA),
    ({"input_fidelity": "high"}, "invalid_input_fidelity_model", NO_FIDELITY),
    ({"image": "a"}, "unknown_parameter", "Unknown parameter: 'image'."),
    ({"n": "1"}, "invalid_type", "Invalid type for 'n'"),
    ({"stream": "true"}, None, "invalid stream field type"),
]


@pytest.mark.parametrize(("fields", "code", "message"), BROKEN_JSON, ids=range(len(BROKEN_JSON)))
def test_each_broken_rule_of_json_gets_its_400(
    editor: Editor, fields: dict[str, Any], code: str | None, message: str
) -> None:
    answer = editor.json("a hat", **fields)
    assert answer.status == 400
    assert answer.json["error"].get("code") == code
    assert answer.json["error"]["message"].startswith(message)


def test_a_malformed_form_is_rejected(editor: Editor) -> None:
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x"):
        response = editor.http.post(editor.url, content=b"--y\r\nnonsense", headers={"content-type": kind})
        assert (response.status_code, response.json()["error"]["type"]) == (400, INVALID)


def test_too_many_parts_and_too_long_texts_are_rejected(editor: Editor) -> None:
    assert editor.form("hats", *[png(TINY)] * 33).json["error"]["message"] == "Failed to parse multipart form"
    assert editor.form("x" * 1_100_000).json["error"]["message"] == "Failed to parse multipart form"


def test_a_bad_key_is_refused_before_anything_is_read(editor: Editor) -> None:
    response = editor.http.post(editor.url, files=[png()], headers={"Authorization": "Bearer sk-invalid"})
    assert (response.status_code, response.json()["code"]) == (401, "INVALID_API_KEY")


def test_a_gateway_that_wants_the_plain_field_refuses_the_bracketed_one(editor: Editor, sandbox: Running) -> None:
    name, prompt = str(uuid.uuid4()), "a hat sandbox:image-field"
    refused = editor.form(prompt, headers={"X-Request-ID": name})
    assert (refused.status, refused.json["detail"][0]["loc"]) == (422, ["body", "image"])
    assert sandbox.lines(id=name)[0]["billed"] is False
    assert editor.form(prompt, png(name="image"), png(name="image")).status == 200
    assert editor.json(prompt).status == 200


def test_the_shift_moves_the_whole_picture(editor: Editor) -> None:
    straight, shifted = (
        lossless(editor, f"a hat sandbox:{name}", png(), mask_of(MASK)) for name in ("revised", "shift")
    )
    moved = ImageChops.offset(SOURCE_IMAGE, 6, -4)
    inner = (20, 20, 290, 620)
    near, far = (
        sum(ImageStat.Stat(ImageChops.difference(image.crop(inner), shifted.crop(inner))).mean)
        for image in (moved, SOURCE_IMAGE)
    )
    assert near < far
    assert straight.size == shifted.size == EDGES


def test_a_rescaled_picture_has_three_quarters_of_the_edges(editor: Editor) -> None:
    answer = editor.form("a hat sandbox:rescale", png(), mask_of(MASK))
    assert picture(answer).size == (768, 480)
    assert answer.json["size"] == "768x480"


@pytest.mark.parametrize("fault", ["429", "502", "refused", "empty-data", "url", "keepalive", "stream-error"])
def test_faults_apply_to_edits_as_to_generations(editor: Editor, caller: Caller, fault: str) -> None:
    edited, drawn = editor.form(f"sandbox:{fault}"), caller.draw(f"sandbox:{fault}")
    assert edited.status == drawn.status
    assert set(edited.json) == set(drawn.json)


BOUNDARY = b"--b\r\n"
HEADERS = st.sampled_from([
    b'Content-Disposition: form-data; name="image[]"; filename="a.png"\r\nContent-Type: image/png\r\n',
    b'Content-Disposition: form-data; name="mask"; filename="a.png"\r\nContent-Type: image/png\r\n',
    b'Content-Disposition: form-data; name="n"\r\n', b'Content-Disposition: form-data; name="prompt"\r\n',
    b'Content-Disposition: form-data; filename*=utf-8\'\'a\r\n', b"Content-Disposition: form-data\r\n", b"",
])  # fmt: skip
BODIES = st.binary(max_size=60) | st.sampled_from([TINY, TINY[:40], masking(edges=(64, 64)), b"a hat", b"3"])
FORMS = st.lists(st.tuples(HEADERS, BODIES), max_size=5).map(
    lambda parts: b"".join(BOUNDARY + head + b"\r\n" + data + b"\r\n" for head, data in parts) + b"--b--\r\n"
)


def check(data: bytes, kind: bytes) -> None:
    """The bytes are read as an edit that keeps every rule, or refused with a message."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": data, "more_body": False}

    async def read() -> None:
        request = Request({"type": "http", "method": "POST", "headers": [(b"content-type", kind)]}, receive)
        received = await uploads.read_edit(request)
        try:
            assert not validate_edit(received)[0].problems()
        finally:
            received.close()

    error: ErrorResponse | None = None
    try:
        asyncio.run(read())
    except RequestRejected as rejected:
        error = rejected.response
    if error:
        assert 400 <= error.status < 500
        assert json.loads(error.body)["error"]["message"]


@settings(max_examples=150, deadline=None)
@given(FORMS | st.binary(max_size=300), st.sampled_from([b"b", b"", b"x" * 80, b'"b']))
def test_any_form_is_accepted_or_rejected(data: bytes, boundary: bytes) -> None:
    check(data, b"multipart/form-data; boundary=" + boundary)


URLS = st.sampled_from([address(TINY)["image_url"], "data:image/png;base64,AAAA", "data:", "", 7, None])
LISTS = st.lists(st.fixed_dictionaries({}, optional={"image_url": URLS, "file_id": st.text(max_size=3)}), max_size=3)


@settings(max_examples=50, deadline=None)
@given(st.fixed_dictionaries({"prompt": st.text(max_size=5)}, optional={"images": LISTS | URLS, "mask": LISTS | URLS}))
def test_any_json_is_accepted_or_rejected(fields: dict[str, Any]) -> None:
    check(json.dumps(fields).encode(), b"application/json")
