"""Conversations on the real runner against the real sandbox: text, versions, both costs, and every outcome."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.create.tiles import Tile
from studio.generations import booking
from studio.generations.models import Attempt, Generation, Job
from studio.images import ImageRequest, Size
from studio.ledger.models import Entry
from studio.library.models import Mask, Picture
from studio.threads.models import Plan, Thread, Turn
from studio.threads.specs import PlanSpec, RefineSpec
from studio.upstreams.models import Upstream
from studio.worker import sweep
from studio.worker.runner import Runner
from tests.conversations import last_of
from tests.gateway.json_parses import JsonParses
from tests.running import wait_for_jobs, wait_until
from tests.sandbox.conftest import Running
from tests.threads.test_context import mask_over

pytestmark = pytest.mark.usefixtures("transactional_db")

RunTurn = Callable[..., Turn]


@pytest.fixture
def run_turn(ben: User) -> RunTurn:
    """Submit a turn and wait for its end: `run_turn("warmer", after=turn, base=picture)`."""

    def run_turn(
        words: str,
        *,
        after: Turn | None = None,
        base: Picture | None = None,
        mask: Mask | None = None,
        is_forced: bool = True,
        **fields: Any,
    ) -> Turn:
        request = ImageRequest(prompt=words, **{"size": Size(1024, 1024), "quality": "low", **fields})
        spec = RefineSpec(
            thread=after.thread if after else None,
            parent=after,
            base=base or (last_of(after) if after else None),
            mask=mask,
            main_model="gpt-5.5",
            is_forced=is_forced,
        )
        generation = Generation.objects.submit(
            owner=ben, request=request, token=uuid.uuid4(), now=timezone.now(), spec=spec
        )
        wait_for_jobs(generation)
        return Turn.objects.get(generation=generation)

    return run_turn


def job_of(turn: Turn) -> Job:
    return turn.generation.jobs.get()


def pictures_of(turn: Turn) -> list[Picture]:
    return list(Picture.objects.filter(result__job__generation=turn.generation_id).order_by("pk"))


def billed_to(sandbox: Running, person: User) -> list[dict[str, Any]]:
    return [line for line in sandbox.lines() if line["user"] == person.alias.hex]


def test_a_conversation_leaves_versions_in_one_lineage_and_a_ledger_equal_to_the_bill(
    runner: Runner, sandbox: Running, ben: User, run_turn: RunTurn
) -> None:
    first = run_turn("A chair by a window")
    second = run_turn("warmer light", after=first)
    third = run_turn("no curtains", after=second)
    fourth = run_turn("a blue chair", after=third)
    base = last_of(second)
    assert base is not None
    fifth = run_turn("a brass lamp", after=second, base=base, mask=mask_over(base, ben))
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


def test_one_reported_cost_is_split_between_the_entries_of_pictures_and_text(
    runner: Runner, ben: User, run_turn: RunTurn
) -> None:
    Upstream.objects.update(can_stream=False)  # a stream begins before anybody knows what it will cost
    run_turn("A chair by a window sandbox:cost-header")
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
    found = booking.split_reported(given, pictures=Decimal(drawing), text=Decimal(words))
    assert found == tuple(None if share is None else Decimal(share) for share in shares)


def test_a_conversation_works_where_the_gateway_stores_nothing(runner: Runner, ben: User, run_turn: RunTurn) -> None:
    Upstream.objects.get()  # the sandbox, as an account that forbids `store` and `previous_response_id`
    Upstream.objects.declare(
        name="environment", base_url=Upstream.objects.get().base_url, api_key="sk-oauth-0123456789abcdef"
    )
    first = run_turn("A chair by a window")
    second = run_turn("warmer light", after=first)
    assert [job_of(turn).state for turn in (first, second)] == ["succeeded", "succeeded"]
    assert second.generation.source == last_of(first)


def test_a_turn_continues_from_the_stored_reply_where_the_gateway_stores_replies(
    runner: Runner, sandbox: Running, ben: User, run_turn: RunTurn
) -> None:
    Upstream.objects.update(can_chain=True)
    first = run_turn("A chair by a window")
    assert first.response_id.startswith("resp_")
    second = run_turn("warmer light", after=first)
    assert job_of(second).state == "succeeded"
    assert [len(line["images"] or []) for line in billed_to(sandbox, ben)][-1] <= 1
    assert second.response_id not in ("", first.response_id)


def test_the_conversation_is_sent_in_full_where_the_gateway_forgot_its_reply(
    runner: Runner, ben: User, run_turn: RunTurn
) -> None:
    Upstream.objects.update(can_chain=True)
    first = run_turn("A chair by a window")
    Turn.objects.filter(pk=first.pk).update(response_id="resp_gone")
    first.refresh_from_db()
    second = run_turn("warmer light", after=first)
    assert job_of(second).state == "succeeded"
    assert [attempt.outcome for attempt in job_of(second).attempts.all()] == ["failed", "succeeded"]


def test_text_is_shown_while_it_streams(runner: Runner, ben: User) -> None:
    seen: list[str] = []
    spec = RefineSpec(thread=None, parent=None, base=None, mask=None, main_model="gpt-5.5", is_forced=True)
    request = ImageRequest(prompt="A long story sandbox:words-first", size=Size(1024, 1024), quality="low")
    generation = Generation.objects.submit(
        owner=ben, request=request, token=uuid.uuid4(), now=timezone.now(), spec=spec
    )
    job = generation.jobs.get()

    def is_over() -> bool:
        seen.append(Turn.objects.get().answer)
        return not Job.objects.filter(pk=job.pk).live().exists()

    wait_until(is_over)
    assert Turn.objects.get().answer.startswith(next(filter(None, seen)))


def test_an_answer_without_a_picture_succeeds_where_none_was_required(
    runner: Runner, sandbox: Running, ben: User, run_turn: RunTurn
) -> None:
    turn = run_turn("Which of them is calmer? sandbox:text-only", is_forced=False)
    job = job_of(turn)
    assert (job.state, job.charge, pictures_of(turn)) == ("succeeded", "yes", [])
    assert turn.answer
    [settled] = Entry.objects.filter(verb="settle")
    assert (settled.part, settled.model, settled.picture_count, settled.charged_failure_count) == (
        "text", "gpt-5.5", 0, 0
    )  # fmt: skip
    assert settled.amount == Decimal(billed_to(sandbox, ben)[-1]["text_cost"])
    assert settled.flagged_count == 0


def test_an_answer_without_the_required_picture_is_a_failure(runner: Runner, ben: User, run_turn: RunTurn) -> None:
    turn = run_turn("A chair sandbox:text-only")
    job = job_of(turn)
    assert (job.state, job.error_kind, job.charge) == ("failed", "drawing_declined", "yes")
    assert turn.answer
    [settled] = Entry.objects.filter(verb="settle")
    assert (settled.part, settled.charged_failure_count) == ("text", 1)
    assert job.retry(now=timezone.now())
    wait_for_jobs(turn.generation)
    assert Entry.objects.filter(verb="settle", part="text").count() == 2


def test_a_refusal_stores_the_models_own_text(runner: Runner, run_turn: RunTurn) -> None:
    turn = run_turn("A chair sandbox:refusal", is_forced=False)
    assert (job_of(turn).state, turn.answer) == ("succeeded", "")
    assert turn.refusal


def test_two_pictures_are_two_versions_and_share_the_price(
    runner: Runner, sandbox: Running, ben: User, run_turn: RunTurn
) -> None:
    turn = run_turn("A chair, twice sandbox:two-pictures")
    one, two = pictures_of(turn)
    assert job_of(turn).state == "succeeded"
    settled = Entry.objects.get(verb="settle", part="image")
    assert settled.picture_count == 2
    assert settled.amount == Decimal(billed_to(sandbox, ben)[-1]["cost"])
    assert (one.price or 0) + (two.price or 0) == pytest.approx(settled.amount, abs=Decimal("1e-7"))


@pytest.mark.parametrize("fault", ["picture-at-end", "completed-empty", "done-marker", "bare-item", "no-words"])
def test_every_dialect_brings_the_picture(runner: Runner, run_turn: RunTurn, fault: str) -> None:
    turn = run_turn(f"A chair sandbox:{fault}")
    assert (job_of(turn).state, len(pictures_of(turn))) == ("succeeded", 1)


def test_a_stream_that_breaks_after_the_picture_still_brought_it(
    runner: Runner, sandbox: Running, ben: User, run_turn: RunTurn
) -> None:
    turn = run_turn("A chair sandbox:cut-late")
    assert (job_of(turn).state, len(pictures_of(turn))) == ("succeeded", 1)
    assert set(Entry.objects.filter(verb="settle").values_list("part", "certainty")) == {
        ("image", "estimated"), ("text", "estimated")
    }  # fmt: skip


@pytest.mark.parametrize("fault", ["failed-late", "incomplete-late"])
def test_a_failure_after_the_picture_loses_neither_it_nor_its_price(
    runner: Runner, sandbox: Running, ben: User, run_turn: RunTurn, fault: str
) -> None:
    turn = run_turn(f"A chair sandbox:{fault}")
    job, [picture] = job_of(turn), pictures_of(turn)
    assert (job.state, job.charge) == ("succeeded", "yes")
    assert picture.price == pytest.approx(Decimal(billed_to(sandbox, ben)[-1]["cost"]), rel=Decimal("0.1"))
    assert turn.text_price


@pytest.mark.parametrize("fault", ["no-tool-usage", "no-text-usage", "zero-usage"])
def test_a_usage_that_is_missing_is_estimated(runner: Runner, run_turn: RunTurn, fault: str) -> None:
    run_turn(f"A chair sandbox:{fault}")
    guessed = "text" if fault == "no-text-usage" else "image"
    entries = dict(Entry.objects.filter(verb="settle").values_list("part", "certainty"))
    assert entries == {"image": "exact", "text": "exact"} | {guessed: "estimated"}


def test_a_tool_the_gateway_does_not_have_is_the_gateways_fault(runner: Runner, run_turn: RunTurn) -> None:
    turn = run_turn("A chair sandbox:no-tool")
    job = job_of(turn)
    assert (job.state, job.error_kind, job.charge) == ("failed", "cannot_draw", "no")
    failure = Tile(job).failure
    assert failure
    assert "accounts behind this gateway" in failure.sentence


def test_a_response_is_parsed_once_until_it_is_stored(
    runner: Runner, run_turn: RunTurn, monkeypatch: pytest.MonkeyPatch
) -> None:
    parses = JsonParses(monkeypatch)
    turn = run_turn("A chair by a window")
    assert job_of(turn).state == Job.State.SUCCEEDED
    assert parses.count('"response.completed"') == 1


def test_previews_are_shown_while_the_picture_is_generated(runner: Runner, run_turn: RunTurn) -> None:
    turn = run_turn("A chair", stream=True, partial_images=2)
    assert job_of(turn).partial_count == 2


def test_a_reply_that_outlived_its_worker_finishes_the_turn(
    runner: Runner, sandbox: Running, ben: User, run_turn: RunTurn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.worker import converse

    def fail(*_arguments: Any, **_more: Any) -> None:
        raise SystemError("the power went")

    monkeypatch.setattr(converse, "read_response", fail)
    turn = run_turn("A chair by a window")
    attempt = Attempt.objects.get()
    assert attempt.outcome == Attempt.Outcome.UNKNOWN
    monkeypatch.undo()
    assert sweep.finish_attempt(attempt.pk, now=timezone.now())
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
        owner=ben, request=request, token=uuid.uuid4(), now=timezone.now(), spec=PlanSpec(main_model="gpt-5.5")
    )
    [job] = wait_for_jobs(generation)
    plan = Plan.objects.get()
    assert (job.state, plan.decision, Picture.objects.count(), Thread.objects.count()) == ("succeeded", "", 0, 0)
    assert plan.answer
    assert generation.prompt == "a red boat"
    [line] = billed_to(sandbox, ben)
    [settled] = Entry.objects.filter(verb="settle")
    assert (settled.part, settled.amount, settled.size) == ("text", Decimal(line["text_cost"]), "")
    page = client_of(ben).get("/").content.decode()
    assert "<plan-card" in page
    assert "<ins" in page
    client_of(ben).post(f"/plans/{plan.pk}/decision/", {"decision": "ignored"})
    assert "<plan-card" not in client_of(ben).get("/").content.decode()
