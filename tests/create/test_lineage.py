"""The lineage of a picture: what it goes back to, what was made with it, and what was made from it."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.accounts.models import User
from studio.create.lineage import MOST, NEAREST, Lineage, lineage_of
from studio.generations.models import Generation, Job, Reference, Result
from studio.images import ImageRequest, Size
from studio.library.models import Picture

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
KINDS = {"generate": "generated", "edit": "edited", "refine": "refined"}
FACTS = {"sha256": "0" * 64, "byte_count": 1, "width": 1024, "height": 768, "format": "png", "file": "pictures/1.png"}


def drawn(owner: User, prompt: str = "A quiet harbour", *, count: int = 1, **facts: Any) -> list[Picture]:
    """Pictures of one generation, as rows without files; `references` went along."""
    references: Sequence[Picture] = facts.pop("references", ())
    request = ImageRequest(prompt=prompt, size=Size(1024, 1024), quality=facts.get("quality") or "low", n=count)
    kind = facts.pop("made", "edit" if references else "generate")
    generation = Generation.objects.create(
        owner=owner, token=uuid.uuid4(), body_digest="0" * 64, request=request, kind=kind, source=facts.get("source")
    )
    Reference.objects.attach(generation, list(references))
    pictures = []
    for position in range(count):
        job = Job.objects.create(
            generation=generation, owner=owner, position=position, state="succeeded", finished_at=timezone.now()
        )
        requested = {"quality": request.quality}
        columns = {"kind": KINDS[kind], "prompt": prompt, "requested": requested}
        picture = Picture.objects.create(owner=owner, **FACTS | columns | facts)
        Result.objects.create(job=job, picture=picture)
        pictures.append(picture)
    return pictures


def of(picture: Picture, user: User) -> Lineage:
    return lineage_of(Picture.objects.select_related("result__job").get(pk=picture.pk), user=user)


def test_a_picture_goes_back_to_its_source_and_the_source_of_that(ben: User) -> None:
    [first] = drawn(ben, "A quiet harbour at dawn")
    [edit] = drawn(ben, "A quiet harbour at dusk", source=first, made="edit")
    [turn] = drawn(ben, "A quiet harbour at dusk, with a boat", source=edit, made="refine")
    lineage = of(turn, ben)
    assert [one.picture for one in lineage.origins] == [first, edit]
    assert [one.relation for one in [*lineage.origins, lineage.shown]] == ["Draft", "Edited", "Refined"]
    assert [piece for piece in lineage.origins[1].pieces if piece.kind != "same"] == [
        ("removed", "dawn"),
        ("added", "dusk"),
    ]


def test_prompts_with_hardly_a_word_in_common_are_not_compared(ben: User) -> None:
    [first] = drawn(ben, "A quiet harbour at dawn, long shadows over wet stone")
    [edit] = drawn(ben, "Make everything purple!", source=first, made="edit")
    assert [piece.kind for piece in of(edit, ben).shown.pieces] == ["same"]


def test_a_picture_made_from_a_reference_goes_back_to_it(ben: User) -> None:
    [draft] = drawn(ben)
    [other] = drawn(ben, "A table")
    [final] = drawn(ben, quality="high", references=[draft, other])
    [further] = drawn(ben, "A harbour of glass", references=[draft])
    assert [one.picture for one in of(final, ben).origins] == [draft]
    assert of(final, ben).shown.relation == "Finished"
    assert of(further, ben).shown.relation == "With it as a reference"
    assert [one.picture for one in of(draft, ben).uses.relatives] == [further, final]
    assert [one.picture for one in of(other, ben).uses.relatives] == [final]


def test_pictures_of_one_generation_and_of_the_same_prompt_stand_apart(ben: User) -> None:
    drafts = drawn(ben, count=3)
    [final] = drawn(ben, quality="high")
    drawn(ben, "Something else")
    lineage = of(drafts[0], ben)
    assert [one.picture for one in lineage.siblings.relatives] == [drafts[2], drafts[1]]
    assert [(one.picture, one.relation) for one in lineage.same_words.relatives] == [(final, "Finished")]
    assert [one.relation for one in of(final, ben).same_words.relatives] == ["Draft"] * 3


def test_edits_say_how_many_were_made_from_them_in_turn(ben: User) -> None:
    [source] = drawn(ben)
    [edit] = drawn(ben, source=source, made="edit")
    drawn(ben, source=edit, made="edit", count=2)
    assert [(one.picture, one.count) for one in of(source, ben).edits.relatives] == [(edit, 2)]


def test_hundreds_of_relatives_take_no_more_queries_than_a_few(ben: User) -> None:
    [first] = drawn(ben)
    chain = [first]
    for step in range(60):
        chain += drawn(ben, f"A quiet harbour, step {step}", source=chain[-1], made="edit")
    [alone] = drawn(ben, "Alone")
    [edit] = drawn(ben, "A quiet harbour", source=alone, made="edit")
    drawn(ben, "A quiet harbour", source=edit, made="edit")
    Picture.objects.bulk_create(Picture(owner=ben, source=chain[30], **FACTS) for _ in range(300))
    counts = []
    for picture in (edit, chain[30]):
        with CaptureQueriesContext(connection) as queries:
            lineage = of(picture, ben)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert (len(lineage.edits.relatives), lineage.edits.count) == (MOST, 301)
    assert [one.picture for one in lineage.origins] == [first, *chain[30 - NEAREST : 30]]
    assert lineage.between == 30 - NEAREST - 1


def test_relatives_that_belong_to_others_never_leak(ben: User, cleo: User, client_of: ClientOf) -> None:
    [root] = drawn(ben, "Ben's first picture")
    [hidden] = drawn(cleo, "A secret of Cleo's", source=root, made="edit")
    [mine] = drawn(ben, "Ben's own", source=hidden, made="edit")
    drawn(cleo, "Another secret of Cleo's", source=mine, made="edit")
    drawn(cleo, "A third secret of Cleo's", references=[mine])
    lineage = of(mine, ben)
    assert (lineage.origins, lineage.is_cut) == ([], True)
    assert (lineage.edits.count, lineage.uses.count) == (0, 0)
    page = client_of(ben).get(mine.get_absolute_url()).content.decode()
    assert "secret" not in page
    assert f"/pictures/{hidden.pk}/" not in page
    assert f"/media/{hidden.pk}/" not in page


def test_what_is_in_the_trash_is_no_longer_among_the_edits_but_stays_an_origin(ben: User) -> None:
    [source] = drawn(ben)
    [edit] = drawn(ben, source=source, made="edit")
    Picture.objects.filter(pk__in=[source.pk]).update(trashed_at=timezone.now())
    assert [one.picture for one in of(edit, ben).origins] == [source]
    Picture.objects.filter(pk=edit.pk).update(trashed_at=timezone.now())
    assert of(source, ben).edits.count == 0


def test_a_picture_without_relatives_has_no_tree(ben: User, client_of: ClientOf) -> None:
    [alone] = drawn(ben)
    assert of(alone, ben).is_alone
    assert "lineage-title" not in client_of(ben).get(alone.get_absolute_url()).content.decode()


def test_an_upload_is_one(ben: User) -> None:
    upload = Picture.objects.create(owner=ben, kind="uploaded", **FACTS)
    [edit] = drawn(ben, source=upload, made="edit")
    assert [one.relation for one in of(edit, ben).origins] == ["Uploaded"]
