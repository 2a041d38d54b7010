"""An edit with a painted mask, from the form to a picture whose protected pixels are the source's."""

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, ImageChops, ImageDraw

from studio import images
from studio.accounts.models import User
from studio.generations.models import Generation, Job
from studio.ledger.models import Entry
from studio.library.models import Draft, Mask, Picture
from studio.upstreams.models import Upstream
from studio.worker.runner import Runner
from tests.running import wait_for_jobs
from tests.sandbox.conftest import Running

pytestmark = pytest.mark.usefixtures("transactional_db")

ClientOf = Callable[[User], Client]


def photo(width: int = 1024, height: int = 768, kind: str = "PNG", **options: Any) -> bytes:
    """A picture with something in every corner, so that a shifted one shows."""
    image = Image.linear_gradient("L").resize((width, height))
    image = Image.merge(
        "RGB", [image, image.transpose(Image.Transpose.ROTATE_180), Image.effect_noise((width, height), 40)]
    )
    draw = ImageDraw.Draw(image)
    for at in range(0, width, 96):
        draw.line([(at, 0), (width - at, height)], fill=(at % 255, 90, 200), width=3)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def mask_png(
    width: int = 1024, height: int = 768, box: tuple[int, int, int, int] | None = (300, 200, 600, 500)
) -> bytes:
    image = Image.new("RGBA", (width, height), (0, 0, 0, 255))
    if box:
        ImageDraw.Draw(image).rectangle(box, fill=(0, 0, 0, 0))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def upload(client_of: ClientOf, ben: User) -> Callable[..., Picture]:
    def upload(data: bytes, name: str = "photo.png", content_type: str = "image/png") -> Picture:
        answer = client_of(ben).post("/pictures/", {"file": SimpleUploadedFile(name, data, content_type)})
        assert answer.status_code == 302, answer.content
        return Picture.objects.latest("pk")

    return upload


@pytest.fixture
def edit(client_of: ClientOf, ben: User) -> Callable[..., Any]:
    def edit(picture: Picture, mask: bytes | None, *, user: User = ben, **changes: Any) -> Any:
        fields: dict[str, Any] = {
            "token": str(uuid.uuid4()),
            "prompt": "A glass button",
            "model": "gpt-image-2",
            "quality": "low",
            "n": "1",
            "lock": "on",
        }
        fields |= changes
        if mask is not None:
            fields["mask"] = SimpleUploadedFile("mask.png", mask, "image/png")
        wanted = {name: value for name, value in fields.items() if value is not None}
        return client_of(user).post(f"/pictures/{picture.pk}/mask/", wanted)

    return edit


def opened(file: Any) -> Image.Image:
    with default_storage.open(str(file.name)) as stored:
        return Image.open(io.BytesIO(stored.read())).convert("RGB")


def changed_outside(source: Image.Image, result: Image.Image, box: tuple[int, int, int, int], above: int = 0) -> int:
    """Pixels outside a box that differ by more than `above` in some channel, counted by Pillow alone."""
    red, green, blue = ImageChops.difference(source, result).split()
    largest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    ImageDraw.Draw(largest).rectangle(box, fill=0)
    return sum(count for level, count in enumerate(largest.histogram()) if level > above)


BOX = (300, 200, 600, 500)


def test_a_locked_edit_changes_nothing_outside_the_mask(
    runner: Runner, upload: Callable[..., Picture], edit: Callable[..., Any]
) -> None:
    source = upload(photo())
    assert edit(source, mask_png()).status_code == 302
    [job] = wait_for_jobs(Generation.objects.get())
    picture = Picture.objects.get(result__job=job)
    assert (picture.lock_verdict, picture.size, picture.format) == ("locked", "1024x768", "png")
    assert picture.source == source
    assert changed_outside(opened(source.file), opened(picture.file), BOX) == 0
    assert changed_outside(opened(source.file), opened(picture.file), (0, 0, 0, 0)) > 0
    raw = opened(picture.raw_file)
    leaked = changed_outside(opened(source.file), raw, BOX, above=8)
    assert picture.leak == pytest.approx(leaked / (1024 * 768 - 301 * 301))
    assert leaked > 0


@pytest.mark.parametrize(
    ("kind", "options", "size"),
    [
        ("PNG", {}, (1000, 700)),
        ("JPEG", {"quality": 90}, (1024, 768)),
        ("WEBP", {"lossless": True}, (1030, 777)),
        ("PNG", {}, (400, 300)),
    ],
)
def test_a_result_has_the_size_of_its_source(
    runner: Runner,
    upload: Callable[..., Picture],
    edit: Callable[..., Any],
    kind: str,
    options: Any,
    size: tuple[int, int],
) -> None:
    source = upload(photo(*size, kind=kind, **options), f"photo.{kind.lower()}", f"image/{kind.lower()}")
    box = (size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2)
    assert edit(source, mask_png(*size, box=box)).status_code == 302
    [job] = wait_for_jobs(Generation.objects.get())
    picture = Picture.objects.get(result__job=job)
    assert picture.size == f"{size[0]}x{size[1]}"
    assert picture.lock_verdict == "locked"
    assert changed_outside(opened(source.file), opened(picture.file), box) == 0


def test_an_unlocked_edit_is_stored_as_received(
    runner: Runner, upload: Callable[..., Picture], edit: Callable[..., Any]
) -> None:
    source = upload(photo())
    edit(source, mask_png(), lock=None)
    [job] = wait_for_jobs(Generation.objects.get())
    picture = Picture.objects.get(result__job=job)
    assert (picture.lock_verdict, picture.raw_file.name) == ("", "")
    assert changed_outside(opened(source.file), opened(picture.file), BOX) > 0


def test_a_shifted_result_is_not_locked(
    runner: Runner, upload: Callable[..., Picture], edit: Callable[..., Any]
) -> None:
    edit(upload(photo()), mask_png(), prompt="A glass button sandbox:shift")
    [job] = wait_for_jobs(Generation.objects.get())
    assert Picture.objects.get(result__job=job).lock_verdict == "shifted"


def test_an_edit_pays_for_the_picture_it_sends(
    runner: Runner, sandbox: Running, upload: Callable[..., Picture], edit: Callable[..., Any]
) -> None:
    edit(upload(photo()), mask_png())
    wait_for_jobs(Generation.objects.get())
    settled = Entry.objects.get(verb="settle")
    assert settled.input_image_tokens == images.image_tokens(1024, 768)
    assert settled.amount <= Entry.objects.get(verb="reserve").amount
    line = sandbox.lines(endpoint="edits")[-1]
    assert line["mask"]
    assert [sent["format"] for sent in line["images"]] == ["png"]


def test_a_gateway_that_wants_image_is_asked_once_more_and_remembered(
    runner: Runner, upload: Callable[..., Picture], edit: Callable[..., Any]
) -> None:
    edit(upload(photo()), mask_png(), prompt="A glass button sandbox:image-field")
    [job] = wait_for_jobs(Generation.objects.get())
    assert (job.state, job.attempts.count()) == ("succeeded", 2)
    assert Upstream.objects.get().image_field == "image"


REFUSED = [
    (None, {}, "Paint the area to change"),
    (mask_png(512, 512), {}, "equally large"),
    (mask_png(box=None), {}, "Nothing is painted"),
    (mask_png(box=(0, 0, 1024, 768)), {}, "Is that what you want"),
    (photo(), {}, "no transparency"),
    (b"no picture at all", {}, "must be a PNG"),
    (b"", {}, "empty"),
    (mask_png(), {"prompt": " "}, "Write what the picture should show"),
    (mask_png(), {"n": "5"}, "less than or equal to 4"),
    (mask_png(), {"feather": "65"}, "less than or equal to 64"),
    (mask_png(), {"quality": "hd"}, "quality"),
]


@pytest.mark.parametrize(("mask", "changes", "words"), REFUSED, ids=[words for _mask, _changes, words in REFUSED])
def test_an_invalid_edit_gets_a_sentence(
    upstream: Upstream,
    upload: Callable[..., Picture],
    edit: Callable[..., Any],
    mask: bytes | None,
    changes: Any,
    words: str,
) -> None:
    answer = edit(upload(photo()), mask, **changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Job.objects.exists()


def test_a_full_mask_is_sent_after_confirmation(
    upstream: Upstream, upload: Callable[..., Picture], edit: Callable[..., Any]
) -> None:
    assert edit(upload(photo()), mask_png(box=(0, 0, 1024, 768)), is_confirmed="on").status_code == 302


def test_a_stranger_can_neither_open_nor_edit_nor_draft_on_someone_elses_picture(
    upstream: Upstream,
    upload: Callable[..., Picture],
    edit: Callable[..., Any],
    client_of: ClientOf,
    ben: User,
    cleo: User,
) -> None:
    picture = upload(photo())
    client_of(ben).get(f"/pictures/{picture.pk}/mask/")
    draft = Draft.objects.get()
    stranger = client_of(cleo)
    assert stranger.get(f"/pictures/{picture.pk}/mask/").status_code == 404
    assert edit(picture, mask_png(), user=cleo).status_code == 404
    assert stranger.put(f"/pictures/{picture.pk}/mask/drafts/{draft.pk}/", "{}", "application/json").status_code == 404


def test_a_draft_is_found_again_and_a_stale_save_becomes_a_second_one(
    upstream: Upstream, upload: Callable[..., Picture], client_of: ClientOf, ben: User
) -> None:
    page, client = f"/pictures/{upload(photo()).pk}/mask/", client_of(ben)
    client.get(page)
    address = f"{page}drafts/{Draft.objects.get().pk}/"
    save = {"version": 0, "draft": {"operations": [], "prompt": "from the desk"}}
    assert client.put(address, save, "application/json").json() == {"version": 1}
    assert b"from the desk" in client.get(page).content
    stale = client.put(address, {"version": 0, "draft": {"prompt": "from the sofa"}}, "application/json")
    assert stale.status_code == 409
    assert Draft.objects.count() == 2
    assert client.put(stale.json()["url"], {"version": 1, "draft": {}}, "application/json").json() == {"version": 2}
    assert b"from the desk" in client.get(stale.json()["other"]["url"]).content


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"version": "1", "draft": {}}', '{"version": 1, "draft": []}', "\x00"]
)
def test_an_invalid_draft_is_refused_with_a_sentence(
    upstream: Upstream, upload: Callable[..., Picture], client_of: ClientOf, ben: User, body: str
) -> None:
    page, client = f"/pictures/{upload(photo()).pk}/mask/", client_of(ben)
    client.get(page)
    answer = client.generic("PUT", f"{page}drafts/{Draft.objects.get().pk}/", body, "application/json")
    assert (answer.status_code, answer.json()["error"]) == (400, "Not a valid draft.")


def test_the_same_upload_is_stored_once(upstream: Upstream, upload: Callable[..., Picture]) -> None:
    data = photo()
    assert upload(data) == upload(data)


@pytest.mark.parametrize("data", [b"", b"GIF89a nothing", photo()[:5000]])
def test_a_file_that_is_no_picture_is_refused_with_a_sentence(client_of: ClientOf, ben: User, data: bytes) -> None:
    answer = client_of(ben).post("/pictures/", {"file": SimpleUploadedFile("photo.png", data, "image/png")})
    assert answer.status_code == 422
    assert answer.json()["error"]
    assert not Picture.objects.exists()


def test_the_mask_is_kept_with_its_picture(
    upstream: Upstream, upload: Callable[..., Picture], edit: Callable[..., Any], ben: User
) -> None:
    picture = upload(photo())
    edit(picture, mask_png())
    edit(picture, mask_png())
    mask = Mask.objects.get()
    assert (mask.owner, mask.picture, mask.width) == (ben, picture, 1024)
    assert mask.share == pytest.approx(301 * 301 / (1024 * 768))
