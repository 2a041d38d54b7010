"""Which upstream gets the next call."""

from typing import Any

import pytest

from studio.upstreams import choice
from studio.upstreams.choice import Need, Standing

PICTURE = Need(image_model="gpt-image-2")


def chosen(
    *upstreams: Standing,
    need: Need = PICTURE,
    lane: str = "standard",
    taken: choice.Taken | None = None,
    avoided: tuple[int, ...] = (),
) -> int | None:
    free = choice.berths(upstreams, lane=lane, taken=taken or {})
    berth = choice.best(free, need=need, upstreams=upstreams, lane=lane, avoided=avoided)
    return berth.upstream.pk if berth else None


@pytest.mark.parametrize("plan", ["team", "pro", "plus", "api"])
def test_every_paid_plan_comes_before_a_free_one_of_any_priority(plan: str) -> None:
    assert chosen(Standing(1, plan="free", priority=99), Standing(2, plan=plan)) == 2


def test_a_free_one_is_taken_when_the_paid_ones_are_full() -> None:
    paid = Standing(1, standard_slots=1)
    assert chosen(paid, Standing(2, plan="free"), taken={(1, "standard"): {0}}) == 2


def test_priority_comes_before_load() -> None:
    assert chosen(Standing(1), Standing(2, priority=1), taken={(2, "standard"): {0, 1, 2}}) == 2


def test_the_least_loaded_by_its_share_of_slots_comes_first() -> None:
    small, big = Standing(1, standard_slots=2), Standing(2, standard_slots=10)
    assert chosen(small, big, taken={(1, "standard"): {0}, (2, "standard"): {0, 1, 2}}) == 2


def test_among_equals_the_oldest_comes_first() -> None:
    assert chosen(Standing(2), Standing(1)) == 1


def test_the_slot_is_the_lowest_free_one() -> None:
    [berth] = choice.berths([Standing(1)], lane="standard", taken={(1, "standard"): {0, 2}})
    assert berth.slot == 1


def test_lanes_do_not_share_slots() -> None:
    full = {(1, "standard"): {0, 1, 2, 3}}
    assert chosen(Standing(1), taken=full) is None
    assert chosen(Standing(1), taken=full, lane="large") == 1


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
    assert chosen(Standing(1, **facts), need=need) is None
    assert chosen(Standing(1, **facts), Standing(2), need=need) == 2


def test_words_alone_need_no_model_that_draws() -> None:
    assert chosen(Standing(1, image_models=["gpt-image-1.5"]), need=Need("", main_model="gpt-5.5")) == 1


def test_where_a_job_just_failed_is_avoided_even_when_the_other_is_worse() -> None:
    assert chosen(Standing(1, priority=5), Standing(2, plan="free"), avoided=(1,)) == 2


def test_a_job_waits_for_the_other_rather_than_going_back() -> None:
    assert chosen(Standing(1), Standing(2, standard_slots=1), avoided=(1,), taken={(2, "standard"): {0}}) is None


def test_a_job_goes_back_where_there_is_no_other() -> None:
    assert chosen(Standing(1), avoided=(1,)) == 1
    assert chosen(Standing(1), Standing(2, image_models=["gpt-image-1.5"]), avoided=(1,)) == 1
    assert chosen(Standing(1), Standing(2), avoided=(1, 2)) == 1


def test_an_unwell_one_gets_a_single_call_to_show_that_it_is_well() -> None:
    unwell = Standing(1, trouble_count=choice.UNHEALTHY)
    assert chosen(unwell) == 1
    assert chosen(unwell, taken={(1, "standard"): {0}}) is None
    assert chosen(Standing(1, standard_slots=0, trouble_count=choice.UNHEALTHY)) is None
