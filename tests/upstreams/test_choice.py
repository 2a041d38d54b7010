"""Which upstream gets the next call."""

from typing import Any

import pytest

from studio.upstreams import choice
from studio.upstreams.choice import Need, UpstreamSnapshot

PICTURE = Need(image_model="gpt-image-2")


def chosen(
    *upstreams: UpstreamSnapshot,
    need: Need = PICTURE,
    lane: str = "standard",
    taken: choice.Taken | None = None,
    avoided: tuple[int, ...] = (),
) -> int | None:
    free = choice.free_slots(upstreams, lane=lane, taken=taken or {})
    slot = choice.best(free, need=need, upstreams=upstreams, lane=lane, avoided=avoided)
    return slot.upstream.pk if slot else None


@pytest.mark.parametrize("plan", ["team", "pro", "plus", "api"])
def test_every_paid_plan_comes_before_a_free_one_of_any_priority(plan: str) -> None:
    assert chosen(UpstreamSnapshot(1, plan="free", priority=99), UpstreamSnapshot(2, plan=plan)) == 2


def test_a_free_one_is_taken_when_the_paid_ones_are_full() -> None:
    paid = UpstreamSnapshot(1, standard_slots=1)
    assert chosen(paid, UpstreamSnapshot(2, plan="free"), taken={(1, "standard"): {0}}) == 2


def test_priority_comes_before_load() -> None:
    assert chosen(UpstreamSnapshot(1), UpstreamSnapshot(2, priority=1), taken={(2, "standard"): {0, 1, 2}}) == 2


def test_the_least_loaded_by_its_share_of_slots_comes_first() -> None:
    small, big = UpstreamSnapshot(1, standard_slots=2), UpstreamSnapshot(2, standard_slots=10)
    assert chosen(small, big, taken={(1, "standard"): {0}, (2, "standard"): {0, 1, 2}}) == 2


def test_among_equals_the_oldest_comes_first() -> None:
    assert chosen(UpstreamSnapshot(2), UpstreamSnapshot(1)) == 1


def test_the_slot_is_the_lowest_free_one() -> None:
    [slot] = choice.free_slots([UpstreamSnapshot(1)], lane="standard", taken={(1, "standard"): {0, 2}})
    assert slot.number == 1


def test_lanes_do_not_share_slots() -> None:
    full = {(1, "standard"): {0, 1, 2, 3}}
    assert chosen(UpstreamSnapshot(1), taken=full) is None
    assert chosen(UpstreamSnapshot(1), taken=full, lane="large") == 1


@pytest.mark.parametrize(
    ("facts", "need"),
    [
        ({"image_models": ["gpt-image-1.5"]}, PICTURE),
        ({"can_respond": False}, Need("gpt-image-2", main_model="gpt-5.5")),
        ({"main_models": ["gpt-5.4"]}, Need("gpt-image-2", main_model="gpt-5.5")),
        ({"image_models": ["gpt-image-1.5"]}, Need("gpt-image-2", main_model="gpt-5.5")),
    ],
)
def test_one_that_does_not_offer_what_is_needed_is_left_out(facts: dict[str, Any], need: Need) -> None:
    assert chosen(UpstreamSnapshot(1, **facts), need=need) is None
    assert chosen(UpstreamSnapshot(1, **facts), UpstreamSnapshot(2), need=need) == 2


def test_text_alone_needs_no_image_model() -> None:
    assert chosen(UpstreamSnapshot(1, image_models=["gpt-image-1.5"]), need=Need("", main_model="gpt-5.5")) == 1


def test_the_upstream_of_a_failure_is_avoided_even_where_the_other_ranks_lower() -> None:
    assert chosen(UpstreamSnapshot(1, priority=5), UpstreamSnapshot(2, plan="free"), avoided=(1,)) == 2


def test_a_job_waits_for_the_other_rather_than_going_back() -> None:
    assert (
        chosen(UpstreamSnapshot(1), UpstreamSnapshot(2, standard_slots=1), avoided=(1,), taken={(2, "standard"): {0}})
        is None
    )


def test_a_job_goes_back_where_there_is_no_other() -> None:
    assert chosen(UpstreamSnapshot(1), avoided=(1,)) == 1
    assert chosen(UpstreamSnapshot(1), UpstreamSnapshot(2, image_models=["gpt-image-1.5"]), avoided=(1,)) == 1
    assert chosen(UpstreamSnapshot(1), UpstreamSnapshot(2), avoided=(1, 2)) == 1


EDIT, LARGE = (Need("gpt-image-2", **facts) for facts in ({"route": "edit"}, {"is_large": True}))


@pytest.mark.parametrize(("missing", "need"), [("edit", EDIT), ("large", LARGE)])
def test_one_that_was_seen_to_lack_what_is_needed_comes_last(missing: str, need: Need) -> None:
    facts = {missing: {"state": "missing", "at": "2026-11-30T12:00:00+00:00"}}
    assert chosen(UpstreamSnapshot(1, priority=9, learned=facts), UpstreamSnapshot(2), need=need) == 2
    assert chosen(UpstreamSnapshot(1, priority=9, learned=facts), UpstreamSnapshot(2)) == 1
    assert chosen(UpstreamSnapshot(1, learned=facts), need=need) == 1
