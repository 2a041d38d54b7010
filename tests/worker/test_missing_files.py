"""A picture to be sent along whose file is gone: said plainly, nothing sent, nothing charged."""

import uuid

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from studio.accounts.models import User
from studio.generations.models import Generation
from studio.generations.models.generation import as_image_file
from studio.images import EditRequest, Size
from studio.imaging.normalisation import normalise
from studio.library import uploads
from studio.library.models import Picture
from studio.worker.runner import Runner
from tests.library.sample_pictures import saved, scene
from tests.running import wait_for_jobs

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.mark.parametrize("is_purged", [False, True])
def test_a_lost_reference_ends_the_job_without_a_charge(runner: Runner, ben: User, *, is_purged: bool) -> None:
    picture = uploads.store_picture(normalise(saved(scene((400, 300)))), owner=ben)
    default_storage.delete(str(picture.file.name))
    if is_purged:
        now = timezone.now()
        Picture.objects.filter(pk=picture.pk).update(file="", trashed_at=now, purged_at=now)
    request = EditRequest(prompt="A boat", size=Size(1024, 1024), quality="low", images=(as_image_file(picture),))
    generation = Generation.objects.submit(
        owner=ben, request=request, token=uuid.uuid4(), now=timezone.now(), references=[picture]
    )
    [job] = wait_for_jobs(generation)
    assert (job.state, job.charge, job.error_kind) == ("failed", "no", "file_missing")
