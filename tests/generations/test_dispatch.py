"""The next step, case by case."""

from datetime import UTC, datetime, timedelta

import pytest

from studio.gateway import errors
from studio.gateway.errors import GatewayError
from studio.generations.dispatch import LONGEST_WAIT, MAX_RETRIES, GiveUp, Retry, next_step
from studio.generations.errors import NoRoom, PictureBroken, StudioFault, WorkerDied, family

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def step(error: GatewayError, failed_before: int = 0) -> Retry | GiveUp:
    return next_step(error=error, failed_before=failed_before, now=NOW, jitter=0.5)


@pytest.mark.parametrize("kind", [kind for kind in family(GatewayError) if kind.maybe_billed])
def test_what_may_have_been_billed_is_never_sent_again(kind: type[GatewayError]) -> None:
    assert step(kind()) == GiveUp(charge="maybe")


def test_no_retryable_error_may_have_been_billed() -> None:
    assert not [kind for kind in family(GatewayError) if kind.retryable and kind.maybe_billed]


@pytest.mark.parametrize("error", [StudioFault(), WorkerDied(), NoRoom(), PictureBroken()])
def test_the_studios_own_faults_may_have_cost_money(error: GatewayError) -> None:
    assert step(error) == GiveUp(charge="maybe")


@pytest.mark.parametrize("error", [errors.ConnectFailed(), errors.NameNotFound(), errors.Unavailable()])
def test_a_transient_failure_is_tried_again_twice_at_most(error: GatewayError) -> None:
    assert [isinstance(step(error, failed_before=count), Retry) for count in range(4)] == [True, True, False, False]
    assert step(error, failed_before=MAX_RETRIES) == GiveUp(charge="no")


def test_the_pause_grows_with_every_failure() -> None:
    first, second = (step(errors.ConnectFailed(), failed_before=count) for count in (0, 1))
    assert isinstance(first, Retry)
    assert isinstance(second, Retry)
    assert NOW < first.at < second.at


def test_a_limit_is_waited_out_until_it_says() -> None:
    found = step(errors.WindowUsedUp(retry_after=3600), failed_before=9)
    assert isinstance(found, Retry)
    assert found.waiting_for == "cooldown"
    assert timedelta(seconds=3600) <= found.at - NOW <= timedelta(seconds=3602)


def test_a_wait_of_more_than_a_day_is_not_waited_out() -> None:
    too_long = LONGEST_WAIT.total_seconds() + 1
    assert isinstance(step(errors.WindowUsedUp(retry_after=too_long), failed_before=MAX_RETRIES), GiveUp)


@pytest.mark.parametrize("error", [errors.ContentRefused(), errors.KeyRefused(), errors.QuotaSpent()])
def test_a_refusal_is_final_and_free(error: GatewayError) -> None:
    assert step(error) == GiveUp(charge="no")
