"""References: chosen, numbered, sent in order, paid for and shown."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from studio import images
from studio.accounts.models import User
from studio.generations import claims
from studio.generations.models import Generation, Job
from studio.images.prices import REFERENCE_TOKENS
from studio.ledger.models import Entry
from studio.library import outbox
from studio.library.models import Picture
from studio.upstreams.models import Upstream
from studio.worker import sweep
from studio.worker.edit import EditStrategy
from studio.worker.runner import Runner
from tests.composer_form import FORM
from tests.running import wait_for_jobs
from tests.sandbox.conftest import Running
from tests.worker.test_edits import photo

pytestmark = pytest.mark.usefixtures("transactional_db")

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/"}
REQUEST = FORM | {"prompt": "The cup of image 1 on the table of image 2"}


def file_of(data: bytes, name: str = "photo.png", kind: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, kind)


@pytest.fixture
def upload(client_of: ClientOf, ben: User) -> Callable[..., Picture]:
    def upload(width: int = 320, height: int = 240, kind: str = "PNG", *, owner: User = ben) -> Picture:
        data = photo(width, height, kind)
        answer = client_of(owner).post("/pictures/", {"file": file_of(data)}, headers={"Accept": "application/json"})
        return Picture.objects.get(pk=answer.json()["id"])

    return upload


@pytest.fixture
def submit_request(client_of: ClientOf, ben: User) -> Callable[..., Any]:
    client = client_of(ben)

    def submit_request(*references: Picture | str, **changes: Any) -> Any:
        numbers = [str(reference.pk) if isinstance(reference, Picture) else reference for reference in references]
        fields = {"token": str(uuid.uuid4()), "reference": numbers} | REQUEST | changes
        return client.post("/generations/", fields, headers=HTMX)

    return submit_request


def test_references_are_sent_in_their_order_and_as_they_are_stored(
    runner: Runner, sandbox: Running, upload: Callable[..., Picture], submit_request: Callable[..., Any]
) -> None:
    first, second = upload(kind="JPEG"), upload(400, 300)
    assert submit_request(second, first).status_code == 200
    generation = Generation.objects.get()
    assert generation.kind == Generation.Kind.EDIT
    assert [(row.position, row.picture) for row in generation.references.all()] == [(1, second), (2, first)]
    [job] = wait_for_jobs(generation)
    assert job.state == "succeeded"
    assert Picture.objects.get(result__job=job).size == "1024x1024"
    line = sandbox.wait_for_line(client_id=str(job.attempts.get().client_request_id))
    assert (line["endpoint"], line["mask"]) == ("edits", None)
    assert [(sent["format"], sent["size"]) for sent in line["images"]] == [("png", "400x300"), ("jpeg", "320x240")]


def test_references_are_part_of_the_reservation_and_of_what_is_settled(
    runner: Runner, upload: Callable[..., Picture], submit_request: Callable[..., Any]
) -> None:
    submit_request(upload(), upload(400, 300))
    generation = Generation.objects.get()
    wait_for_jobs(generation)
    reserved, settled = (Entry.objects.get(verb=verb) for verb in ("reserve", "settle"))
    alone = images.ceiling(generation.request)
    assert reserved.amount - alone == 2 * REFERENCE_TOKENS * images.LIST_RATES.image_input / 1_000_000
    assert settled.input_image_tokens == images.image_tokens(320, 240) + images.image_tokens(400, 300)


def test_a_request_with_references_may_have_auto_size_and_previews(
    runner: Runner, upload: Callable[..., Picture], submit_request: Callable[..., Any]
) -> None:
    submit_request(upload(), size="auto", partial_images="2")
    [job] = wait_for_jobs(Generation.objects.get())
    assert (job.state, job.partial_count) == ("succeeded", 2)


def test_the_same_token_with_other_references_is_another_request(
    upstream: Upstream, upload: Callable[..., Picture], submit_request: Callable[..., Any]
) -> None:
    token, first, second = str(uuid.uuid4()), upload(), upload(400, 300)
    assert submit_request(first, second, token=token).status_code == 200
    assert submit_request(first, second, token=token).status_code == 200
    assert submit_request(second, first, token=token).status_code == 409
    assert Generation.objects.count() == 1


def test_someone_elses_picture_is_refused_and_the_own_ones_stay(
    upstream: Upstream, upload: Callable[..., Picture], submit_request: Callable[..., Any], cleo: User
) -> None:
    own, foreign = upload(), upload(400, 300, owner=cleo)
    answer = submit_request(own, foreign)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "no longer among your pictures" in page
    assert own.small_url in page
    assert foreign.small_url not in page
    assert not Job.objects.exists()


@pytest.mark.parametrize("number", ["", "0", "-1", "1.5", "²", "9" * 40, "../1"])
def test_what_is_no_picture_is_no_reference(
    upstream: Upstream, submit_request: Callable[..., Any], number: str
) -> None:
    answer = submit_request(number)
    assert (answer.status_code, Job.objects.exists()) == (422, False)
    assert "no longer among your pictures" in answer.content.decode()


def test_the_seventeenth_reference_is_refused_with_a_sentence(
    upstream: Upstream, upload: Callable[..., Picture], submit_request: Callable[..., Any]
) -> None:
    pictures = [upload(64 + at, 64) for at in range(17)]
    answer = submit_request(*pictures)
    assert answer.status_code == 422
    assert "Send at most 16 pictures; these are 17." in answer.content.decode()
    assert submit_request(*pictures[:16]).status_code == 200


def test_files_sent_with_the_form_become_references_behind_the_chosen_ones(
    upstream: Upstream, upload: Callable[..., Picture], client_of: ClientOf, ben: User
) -> None:
    chosen = upload()
    fields: dict[str, Any] = REQUEST | {"token": str(uuid.uuid4()), "reference": [str(chosen.pk)]}
    fields["references"] = [file_of(photo(400, 300)), file_of(photo(300, 400, "JPEG"), "b.jpg", "image/jpeg")]
    assert client_of(ben).post("/generations/", fields).status_code == 302
    shown = [row.picture.size for row in Generation.objects.get().references.all()]
    assert shown == ["320x240", "400x300", "300x400"]


def test_a_refused_file_gets_its_sentence_and_the_others_stay(
    upstream: Upstream, client_of: ClientOf, ben: User
) -> None:
    fields: dict[str, Any] = REQUEST | {"token": str(uuid.uuid4())}
    fields["references"] = [file_of(photo(400, 300)), file_of(b"no picture", "notes.png")]
    answer = client_of(ben).post("/generations/", fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "notes.png: The file is named like a picture" in page
    assert Picture.objects.get().small_url in page
    assert REQUEST["prompt"] in page


def test_use_as_reference_opens_create_with_the_pictures_in_order(
    upload: Callable[..., Picture], client_of: ClientOf, ben: User, cleo: User
) -> None:
    first, second = upload(), upload(400, 300)
    address = f"/?reference={second.pk}&reference={first.pk}&reference=x"
    page = client_of(ben).get(address).content.decode()
    assert page.index(second.small_url) < page.index(first.small_url)
    assert first.small_url not in client_of(cleo).get(address).content.decode()


def test_a_card_shows_its_references_and_says_what_was_sent_smaller(
    upstream: Upstream, upload: Callable[..., Picture], submit_request: Callable[..., Any]
) -> None:
    picture = upload()
    card = submit_request(picture).content.decode()
    assert picture.small_url in card
    assert "downscaled" not in card
    Picture.objects.filter(pk=picture.pk).update(byte_count=20 << 20)
    assert "downscaled" in submit_request(picture).content.decode()


def test_a_part_too_heavy_for_a_form_is_made_as_large_as_the_request(
    upstream: Upstream, upload: Callable[..., Picture], submit_request: Callable[..., Any]
) -> None:
    picture = upload(1600, 1600)
    Picture.objects.filter(pk=picture.pk).update(byte_count=20 << 20)
    submit_request(picture)
    worker = sweep.register(home="tests")
    [call] = claims.claim_batch(worker=worker, now=timezone.now())
    [part] = EditStrategy().prepare(call).pictures
    with part.open() as file:
        assert Image.open(file).size == (1024, 1024)
    outbox.clear(call.attempt_id)


def test_an_upload_without_javascript_leads_to_its_picture_and_a_refused_one_back_to_the_gallery(
    client_of: ClientOf, ben: User
) -> None:
    client, browser = client_of(ben), {"Accept": "text/html,*/*"}
    answer = client.post("/pictures/", {"file": file_of(photo())}, headers=browser)
    assert answer.headers["Location"] == Picture.objects.get().get_absolute_url()
    answer = client.post("/pictures/", {"file": file_of(b"nothing")}, headers=browser, follow=True)
    assert "it is none." in answer.content.decode()
