"""Conversations on the real runner against the real sandbox: words, versions, both bills, and every way they end."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.generations import sweep
from studio.generations.models import Attempt, Generation, Job, Plan, Thread, Turn
from studio.generations.runner import Runner
from studio.generations.threads import endings
from studio.generations.threads.filing import Planning, Refinement
from studio.images import ImageRequest, Size
from studio.ledger.models import Entry
from studio.library.models import Mask, Picture
from studio.upstreams.models import Upstream
from tests.generations.conftest import eventually, over
from tests.sandbox.conftest import Running

from .conftest import last_of
from .test_context import mask_over

pytestmark = pytest.mark.usefixtures("transactional_db")

Tell = Callable[..., Turn]


@pytest.fixture
def tell(ben: User) -> Tell:
    """Say something and wait for what comes of it: `tell("warmer", after=turn, base=picture)`."""

    def tell(
        words: str,
        *,
        after: Turn | None = None,
        base: Picture | None = None,
        mask: Mask | None = None,
        is_forced: bool = True,
        **fields: Any,
    ) -> Turn:
        request = ImageRequest(prompt=words, **{"size": Size(1024, 1024), "quality": "low", **fields})
        refinement = Refinement(
            thread=after.thread if after else None,
            parent=after,
            base=base or (last_of(after) if after else None),
            mask=mask,
            main_model="gpt-5.5",
            is_forced=is_forced,
        )
        generation = Generation.objects.submit(
            owner=ben, request=request, token=uuid.uuid4(), now=timezone.now(), edit=refinement
        )
        over(generation)
        return Turn.objects.get(generation=generation)

    return tell


def job_of(turn: Turn) -> Job:
    return turn.generation.jobs.get()


def pictures_of(turn: Turn) -> list[Picture]:
    return list(Picture.objects.filter(job__generation=turn.generation_id).order_by("pk"))


def billed_to(sandbox: Running, person: User) -> list[dict[str, Any]]:
    return [line for line in sandbox.lines() if line["user"] == person.alias.hex]


def test_a_conversation_leaves_versions_in_one_lineage_and_a_ledger_equal_to_the_bill(
    runner: Runner, sandbox: Running, ben: User, tell: Tell
) -> None:
    first = tell("A chair by a window")
    second = tell("warmer light", after=first)
    third = tell("no curtains", after=second)
    fourth = tell("a blue chair", after=third)
    base = last_of(second)
    assert base is not None
    fifth = tell("a brass lamp", after=second, base=base, mask=mask_over(base, ben))
    pictures = [last_of(turn) for turn in (first, second, third, fourth, fifth)]
    assert [picture and picture.source_id for picture in pictures] == [
        None, *(picture and picture.pk for picture in (pictures[0], pictures[1], pictures[2], pictures[1]))
    ]  # fmt: skip
    assert all(turn.answer and turn.text_price for turn in (first, second, third, fourth, fifth))
    masked = pictures[-1]
    assert masked is not None
    assert (masked.lock_verdict, masked.decision) == ("locked", "")
    lines = billed_to(sandbox, ben)
    assert [line["endpoint"] for line in lines] == ["responses"] * 5
    booked = Entry.objects.filter(verb="settle")
    for part, column in {"image": "cost", "text": "text_cost"}.items():
        bill = sum((Decimal(line[column]) for line in lines), Decimal(0))
        assert booked.filter(part=part).aggregate(total=Sum("amount"))["total"] == bill
    assert set(booked.values_list("certainty", flat=True)) == {"exact"}
    assert not Entry.objects.open_reservations().exists()
    assert sum((turn.text_price or 0 for turn in Turn.objects.all()), Decimal(0)) == pytest.approx(
        booked.filter(part="text").aggregate(total=Sum("amount"))["total"], abs=Decimal("1e-7")
    )


def test_one_charge_for_pictures_and_words_stands_beside_both_entries(runner: Runner, ben: User, tell: Tell) -> None:
    Upstream.objects.update(can_stream=False)  # a stream begins before anybody knows what it will cost
    tell("A chair by a window sandbox:cost-header")
    entries = Entry.objects.filter(verb="settle")
    assert {entry.part for entry in entries} == {"image", "text"}
    assert all(entry.reported_amount == entry.amount > 0 for entry in entries)


@pytest.mark.parametrize(
    ("reported", "drawing", "words", "shares"),
    [
        ("0.02", "0.006", "0.002", ("0.015", "0.005")),
        ("0.01", "0", "0.002", (None, "0.01")),
        ("0.01", "0.006", "0", ("0.01", None)),
        ("0.01", "0.002", "0.001", ("0.006666666667", "0.003333333333")),
        ("0.01", "0", "0", (None, "0.01")),
        (None, "0.006", "0.002", (None, None)),
    ],
)
def test_a_charge_is_shared_as_the_entries_share_what_is_counted(
    reported: str | None, drawing: str, words: str, shares: tuple[str | None, str | None]
) -> None:
    given = None if reported is None else Decimal(reported)
    found = endings.shared(given, Decimal(drawing), Decimal(words))
    assert found == tuple(None if share is None else Decimal(share) for share in shares)


def test_it_works_where_nothing_is_remembered_for_it(runner: Runner, ben: User, tell: Tell) -> None:
    Upstream.objects.get()  # the sandbox, as an account that forbids `store` and `previous_response_id`
    Upstream.objects.declare(
        name="environment", base_url=Upstream.objects.get().base_url, api_key="sk-oauth-0123456789abcdef"
    )
    first = tell("A chair by a window")
    second = tell("warmer light", after=first)
    assert [job_of(turn).state for turn in (first, second)] == ["succeeded", "succeeded"]
    assert second.generation.source == last_of(first)


def test_it_goes_on_from_the_reply_where_the_gateway_remembers(
    runner: Runner, sandbox: Running, ben: User, tell: Tell
) -> None:
    Upstream.objects.update(can_chain=True)
    first = tell("A chair by a window")
    assert first.response_id.startswith("resp_")
    second = tell("warmer light", after=first)
    assert job_of(second).state == "succeeded"
    assert [len(line["images"] or []) for line in billed_to(sandbox, ben)][-1] <= 1
    assert second.response_id not in ("", first.response_id)


def test_a_reply_the_gateway_has_forgotten_is_told_again(runner: Runner, ben: User, tell: Tell) -> None:
    Upstream.objects.update(can_chain=True)
    first = tell("A chair by a window")
    Turn.objects.filter(pk=first.pk).update(response_id="resp_gone")
    first.refresh_from_db()
    second = tell("warmer light", after=first)
    assert job_of(second).state == "succeeded"
    assert [attempt.outcome for attempt in job_of(second).attempts.all()] == ["failed", "succeeded"]


def test_words_are_shown_while_they_come(runner: Runner, ben: User) -> None:
    seen: list[str] = []
    refinement = Refinement(thread=None, parent=None, base=None, mask=None, main_model="gpt-5.5", is_forced=True)
    request = ImageRequest(prompt="A long story sandbox:words-first", size=Size(1024, 1024), quality="low")
    generation = Generation.objects.submit(
        owner=ben, request=request, token=uuid.uuid4(), now=timezone.now(), edit=refinement
    )
    job = generation.jobs.get()

    def look() -> bool:
        seen.append(Turn.objects.get().answer)
        return not Job.objects.filter(pk=job.pk).live().exists()

    eventually(look)
    assert Turn.objects.get().answer.startswith(next(filter(None, seen)))


def test_an_answer_in_words_is_a_good_end_where_the_model_was_free(
    runner: Runner, sandbox: Running, ben: User, tell: Tell
) -> None:
    turn = tell("Which of them is calmer? sandbox:text-only", is_forced=False)
    job = job_of(turn)
    assert (job.state, job.charge, pictures_of(turn)) == ("succeeded", "yes", [])
    assert turn.answer
    [settled] = Entry.objects.filter(verb="settle")
    assert (settled.part, settled.model, settled.picture_count, settled.charged_failure_count) == (
        "text", "gpt-5.5", 0, 0
    )  # fmt: skip
    assert settled.amount == Decimal(billed_to(sandbox, ben)[-1]["text_cost"])
    assert settled.flagged_count == 0


def test_an_answer_in_words_is_a_refusal_where_a_picture_was_to_come(runner: Runner, ben: User, tell: Tell) -> None:
    turn = tell("A chair sandbox:text-only")
    job = job_of(turn)
    assert (job.state, job.error_kind, job.charge) == ("failed", "drawing_declined", "yes")
    assert turn.answer
    [settled] = Entry.objects.filter(verb="settle")
    assert (settled.part, settled.charged_failure_count) == ("text", 1)
    assert job.retry(now=timezone.now())
    over(turn.generation)
    assert Entry.objects.filter(verb="settle", part="text").count() == 2


def test_a_refusal_keeps_the_models_own_words(runner: Runner, tell: Tell) -> None:
    turn = tell("A chair sandbox:refusal", is_forced=False)
    assert (job_of(turn).state, turn.answer) == ("succeeded", "")
    assert turn.refusal


def test_two_pictures_are_two_versions_and_share_the_price(
    runner: Runner, sandbox: Running, ben: User, tell: Tell
) -> None:
    turn = tell("A chair, twice sandbox:two-pictures")
    one, two = pictures_of(turn)
    assert job_of(turn).state == "succeeded"
    settled = Entry.objects.get(verb="settle", part="image")
    assert settled.picture_count == 2
    assert settled.amount == Decimal(billed_to(sandbox, ben)[-1]["cost"])
    assert (one.price or 0) + (two.price or 0) == pytest.approx(settled.amount, abs=Decimal("1e-7"))


@pytest.mark.parametrize("fault", ["picture-at-end", "completed-empty", "done-marker", "bare-item", "no-words"])
def test_every_dialect_brings_the_picture(runner: Runner, tell: Tell, fault: str) -> None:
    turn = tell(f"A chair sandbox:{fault}")
    assert (job_of(turn).state, len(pictures_of(turn))) == ("succeeded", 1)


def test_a_stream_that_breaks_after_the_picture_still_brought_it(
    runner: Runner, sandbox: Running, ben: User, tell: Tell
) -> None:
    turn = tell("A chair sandbox:cut-late")
    assert (job_of(turn).state, len(pictures_of(turn))) == ("succeeded", 1)
    assert set(Entry.objects.filter(verb="settle").values_list("part", "certainty")) == {
        ("image", "estimated"), ("text", "estimated")
    }  # fmt: skip


@pytest.mark.parametrize("fault", ["failed-late", "incomplete-late"])
def test_a_bad_end_after_the_picture_loses_neither_it_nor_its_price(
    runner: Runner, sandbox: Running, ben: User, tell: Tell, fault: str
) -> None:
    turn = tell(f"A chair sandbox:{fault}")
    job, [picture] = job_of(turn), pictures_of(turn)
    assert (job.state, job.charge) == ("succeeded", "yes")
    assert picture.price == pytest.approx(Decimal(billed_to(sandbox, ben)[-1]["cost"]), rel=Decimal("0.1"))
    assert turn.text_price


@pytest.mark.parametrize("fault", ["no-tool-usage", "no-text-usage", "zero-usage"])
def test_a_usage_that_is_missing_is_estimated(runner: Runner, tell: Tell, fault: str) -> None:
    tell(f"A chair sandbox:{fault}")
    guessed = "text" if fault == "no-text-usage" else "image"
    entries = dict(Entry.objects.filter(verb="settle").values_list("part", "certainty"))
    assert entries == {"image": "exact", "text": "exact"} | {guessed: "estimated"}


def test_a_tool_the_gateway_does_not_have_is_the_gateways_fault(runner: Runner, tell: Tell) -> None:
    turn = tell("A chair sandbox:no-tool")
    job = job_of(turn)
    assert (job.state, job.error_kind, job.charge) == ("failed", "cannot_draw", "no")
    assert job.failure
    assert "accounts behind this gateway" in job.failure.sentence


def test_previews_come_while_it_is_drawn(runner: Runner, tell: Tell) -> None:
    turn = tell("A chair", stream=True, partial_images=2)
    assert job_of(turn).partial_count == 2


def test_a_reply_that_outlived_its_worker_finishes_the_turn(
    runner: Runner, sandbox: Running, ben: User, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.generations import outcomes

    def breaks(*_arguments: Any, **_more: Any) -> None:
        raise SystemError("the power went")

    monkeypatch.setattr(outcomes.endings, "deliver", breaks)
    turn = tell("A chair by a window")
    attempt = Attempt.objects.get()
    assert attempt.outcome == Attempt.Outcome.UNKNOWN
    monkeypatch.undo()
    assert sweep.finish(attempt.pk, now=timezone.now())
    turn.refresh_from_db()
    assert turn.answer
    assert (job_of(turn).state, len(pictures_of(turn))) == ("succeeded", 1)
    [line] = billed_to(sandbox, ben)
    booked = Entry.objects.filter(verb__in=["settle", "correct"]).aggregate(total=Sum("amount"))["total"]
    assert booked == Decimal(line["cost"]) + Decimal(line["text_cost"])


def test_a_plan_proposes_and_changes_nothing(
    runner: Runner, sandbox: Running, ben: User, client_of: Callable[[User], Client]
) -> None:
    request = ImageRequest(prompt="a red boat")
    generation = Generation.objects.submit(
        owner=ben, request=request, token=uuid.uuid4(), now=timezone.now(), edit=Planning(main_model="gpt-5.5")
    )
    [job] = over(generation)
    plan = Plan.objects.get()
    assert (job.state, plan.decision, Picture.objects.count(), Thread.objects.count()) == ("succeeded", "", 0, 0)
    assert plan.answer
    assert generation.prompt == "a red boat"
    [line] = billed_to(sandbox, ben)
    [settled] = Entry.objects.filter(verb="settle")
    assert (settled.part, settled.amount, settled.size) == ("text", Decimal(line["text_cost"]), "")
    page = client_of(ben).get("/").content.decode()
    assert "<plan-card" in page
    assert "<ins>" in page
    client_of(ben).post(f"/plans/{plan.pk}/decision/", {"decision": "ignored"})
    assert "<plan-card" not in client_of(ben).get("/").content.decode()
