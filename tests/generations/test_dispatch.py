"""The next step, case by case."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from studio.gateway import errors
from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import KeyUnreadable, NoRoom, PictureBroken, StudioFault, WorkerDied, with_subclasses
from studio.generations.dispatch import (
    ASK,
    AUTOMATIC,
    ENCODING_REFUSED,
    LIMITS,
    LONGEST_WAIT,
    MAX_RETRIES,
    NEVER,
    Fallback,
    GiveUp,
    PastAttempt,
    Reason,
    Retry,
    Step,
    may_be_billed,
    next_step,
)
from studio.generations.fallback import next_offer
from studio.images import ImageRequest, Size

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SMALL = ImageRequest(prompt="A harbour", size=Size(1024, 1024), quality="high")
LARGE = replace(SMALL, size=Size(3840, 2160))
LOWER_QUALITY = replace(LARGE, quality="medium")
SMALLER = replace(LOWER_QUALITY, size=Size(1536, 864))

KINDS = with_subclasses(GatewayError)
MAYBE = [kind for kind in KINDS if kind.maybe_billed]
# Never retried and without a fallback: the request itself or its content was refused, or the quota is used up.
FINAL = [
    kind
    for kind in with_subclasses(errors.Refused)
    if issubclass(kind, (errors.ContentRefused, errors.RequestRefused, errors.QuotaSpent))
    and kind not in ENCODING_REFUSED
]


@dataclass
class Failed:
    """An attempt of the same round that failed before."""

    error_kind: str = "unavailable"
    size: str = "1024x1024"
    quality: str = "high"
    error_param: str = ""
    retry_at: datetime | None = None


def failed(count: int, request: ImageRequest = SMALL, error: GatewayError | None = None) -> list[Failed]:
    kind, until = (error.kind, NOW if error.retry_after is not None else None) if error else ("unavailable", None)
    return [Failed(kind, str(request.size), request.quality, retry_at=until)] * count


def step(
    error: GatewayError,
    attempts: Sequence[PastAttempt] = (),
    *,
    request: ImageRequest = SMALL,
    consent: str = ASK,
    elsewhere_at: datetime | None = None,
    jitter: float = 0.5,
) -> Step:
    wait = timedelta(seconds=error.retry_after or 20)
    return next_step(
        request,
        attempts,
        error,
        consent=consent,
        elsewhere_at=elsewhere_at,
        limit_ends_at=NOW + wait if isinstance(error, LIMITS) else None,
        now=NOW,
        jitter=jitter,
    )


def seconds(found: Step) -> float:
    assert isinstance(found, Retry), found
    return (found.at - NOW).total_seconds()


# ── What may have been billed ──


@pytest.mark.parametrize("kind", MAYBE)
@pytest.mark.parametrize("consent", [ASK, AUTOMATIC, NEVER])
@pytest.mark.parametrize("elsewhere_at", [None, NOW])
def test_what_may_have_been_billed_is_never_sent_again(
    kind: type[GatewayError], consent: str, elsewhere_at: datetime | None
) -> None:
    for request in (SMALL, LARGE):
        found = step(kind(), request=request, consent=consent, elsewhere_at=elsewhere_at)
        assert isinstance(found, GiveUp)
        assert (found.reason, found.charge) == (Reason.MAYBE_BILLED, "maybe")


def test_no_retryable_error_may_have_been_billed() -> None:
    assert not [kind for kind in KINDS if kind.retryable and kind.maybe_billed]


@pytest.mark.parametrize("error", [StudioFault(), WorkerDied(), NoRoom(), PictureBroken()])
def test_the_studios_own_faults_may_have_cost_money(error: GatewayError) -> None:
    assert step(error, request=LARGE) == GiveUp(Reason.MAYBE_BILLED)


# ── Again ──


@pytest.mark.parametrize(
    "error", [errors.ConnectFailed(), errors.NameNotFound(), errors.UploadCut(), errors.Unavailable()]
)
def test_a_transient_failure_is_tried_again_twice_at_most(error: GatewayError) -> None:
    assert [isinstance(step(error, failed(count)), Retry) for count in range(4)] == [True, True, False, False]
    assert step(error, failed(MAX_RETRIES)) == GiveUp(Reason.RETRIES_EXHAUSTED)


def test_the_pause_grows_with_every_failure_and_is_never_quite_the_same() -> None:
    first, second = (seconds(step(errors.ConnectFailed(), failed(count))) for count in (0, 1))
    assert 0 < first < second
    assert len({seconds(step(errors.ConnectFailed(), jitter=jitter)) for jitter in (0, 0.5, 1)}) == 3


def test_a_gateway_that_names_a_pause_gets_it_and_no_third_retry() -> None:
    error = errors.Unavailable(retry_after=30)
    assert 30 <= seconds(step(error)) <= 31
    assert step(error, failed(MAX_RETRIES, error=error)) == GiveUp(Reason.RETRIES_EXHAUSTED)


def test_a_gateway_that_forbids_a_retry_gets_none() -> None:
    assert isinstance(step(errors.Unavailable(retryable=False)), GiveUp)


def test_a_limit_is_waited_for_until_its_retry_time() -> None:
    error = errors.WindowUsedUp(retry_after=3600)
    found = step(error, failed(9, error=error))
    assert isinstance(found, Retry)
    assert found.waiting_for == "cooldown"
    assert 3600 <= seconds(found) <= 3602


def test_a_limit_without_a_time_is_waited_for_as_well() -> None:
    found = step(errors.RateLimited(), failed(9, error=errors.RateLimited()))
    assert isinstance(found, Retry)
    assert (found.waiting_for, seconds(found)) == ("cooldown", 20)


# ── Without a stream ──

STREAMED = replace(SMALL, stream=True, partial_images=2)


def test_an_error_instead_of_a_stream_is_tried_again_at_the_same_upstream() -> None:
    found = step(errors.Unavailable(), request=STREAMED, elsewhere_at=NOW)
    assert isinstance(found, Retry)
    assert found.is_same_upstream
    again = step(errors.Unavailable(), failed(1), request=STREAMED, elsewhere_at=NOW)
    assert again == Retry(at=NOW)


# ── Who is charged ──

ALWAYS_FREE = [*with_subclasses(errors.NotSent), errors.KeyRefused, errors.RateLimited, errors.WindowUsedUp]
FREE_WHILE_EARLY = [errors.Unavailable, errors.ContentRefused, errors.RequestRefused, errors.SetupFault]


def late(kind: type[GatewayError]) -> GatewayError:
    error = kind()
    error.is_late = True
    return error


@pytest.mark.parametrize("kind", ALWAYS_FREE)
def test_a_call_that_was_turned_away_is_free_however_late(kind: type[GatewayError]) -> None:
    assert not may_be_billed(late(kind))


@pytest.mark.parametrize("kind", FREE_WHILE_EARLY)
@pytest.mark.parametrize("consent", [ASK, AUTOMATIC, NEVER])
def test_an_answer_that_came_after_the_drawing_may_have_been_charged(kind: type[GatewayError], consent: str) -> None:
    assert not may_be_billed(kind())
    for request in (SMALL, LARGE, STREAMED):
        assert step(late(kind), request=request, consent=consent, elsewhere_at=NOW) == GiveUp(Reason.MAYBE_BILLED)


def test_what_waited_for_a_limit_has_still_all_its_retries() -> None:
    waited = failed(7, error=errors.RateLimited(retry_after=2))
    assert isinstance(step(errors.Unavailable(), waited), Retry)


def test_a_wait_of_more_than_a_day_is_not_waited_out() -> None:
    assert isinstance(step(errors.WindowUsedUp(retry_after=LONGEST_WAIT.total_seconds() + 1)), GiveUp)


@pytest.mark.parametrize("kind", ENCODING_REFUSED)
def test_a_refused_encoding_is_retried_once_the_other_way(kind: type[GatewayError]) -> None:
    error = kind()
    assert step(error) == Retry(at=NOW, is_same_upstream=True)
    assert isinstance(step(error, failed(1, error=error)), GiveUp)


# ── Elsewhere ──


@pytest.mark.parametrize(
    "kind", [errors.KeyRefused, errors.AccessDenied, errors.QuotaSpent, errors.CannotDraw, errors.ModelNotFound]
)
def test_what_one_account_refuses_another_may_draw(kind: type[GatewayError]) -> None:
    assert step(kind(), elsewhere_at=NOW) == Retry(at=NOW)
    assert step(kind()) == GiveUp(Reason.REFUSED)


def test_a_limit_is_not_waited_out_where_another_upstream_is_ready_sooner() -> None:
    error = errors.WindowUsedUp(retry_after=3600)
    assert step(error, elsewhere_at=NOW) == Retry(at=NOW)
    soon = NOW + timedelta(minutes=1)
    assert step(error, elsewhere_at=soon) == Retry(at=soon, waiting_for="cooldown")
    assert seconds(step(error, elsewhere_at=NOW + timedelta(hours=2))) < 3602


def test_three_gateways_that_are_down_are_enough() -> None:
    assert isinstance(step(errors.Unavailable(), failed(MAX_RETRIES), elsewhere_at=NOW), GiveUp)


@pytest.mark.parametrize("kind", [errors.ContentRefused, errors.RequestRefused])
def test_a_refused_request_is_not_sent_elsewhere(kind: type[GatewayError]) -> None:
    assert step(kind(), elsewhere_at=NOW) == GiveUp(Reason.REFUSED)


# ── Something else instead ──


def test_a_large_picture_goes_down_step_by_step_where_nothing_was_charged() -> None:
    error = errors.Unavailable()
    seen: list[ImageRequest] = []
    attempts: list[Failed] = []
    request = LARGE
    while isinstance(found := step(error, attempts, request=request, consent=AUTOMATIC), (Retry, Fallback)):
        attempts += failed(1, request)
        if isinstance(found, Fallback):
            assert found.is_agreed
            seen.append(request := found.request)
    assert seen == [LOWER_QUALITY, SMALLER]
    assert found == GiveUp(Reason.RETRIES_EXHAUSTED)
    assert [(row.size, row.quality) for row in attempts] == [
        *[("3840x2160", "high")] * 3,
        *[("3840x2160", "medium")] * 3,
        *[("1536x864", "medium")] * 2,
    ]


@pytest.mark.parametrize(
    ("consent", "expected"),
    [
        (ASK, Fallback(LOWER_QUALITY, is_agreed=False)),
        (AUTOMATIC, Fallback(LOWER_QUALITY, is_agreed=True)),
        (NEVER, GiveUp(Reason.RETRIES_EXHAUSTED)),
    ],
)
def test_the_persons_consent_decides_about_a_fallback(consent: str, expected: Step) -> None:
    assert step(errors.Unavailable(), failed(MAX_RETRIES, LARGE), request=LARGE, consent=consent) == expected


@pytest.mark.parametrize("kind", [errors.LateFailure, errors.DeadlinePassed, errors.ConnectionCut, errors.NoPicture])
def test_a_large_picture_that_may_have_been_billed_only_has_an_offer(kind: type[GatewayError]) -> None:
    assert step(kind(), request=LARGE, consent=AUTOMATIC) == GiveUp(Reason.MAYBE_BILLED)
    assert next_offer(LARGE, error_kind=kind.kind, consent=AUTOMATIC) == LOWER_QUALITY
    assert next_offer(LARGE, error_kind=kind.kind, consent=NEVER) is None
    assert next_offer(SMALL, error_kind=kind.kind, consent=AUTOMATIC) is None


@pytest.mark.parametrize("kind", [*FINAL, errors.KeyRefused, errors.CannotDraw, KeyUnreadable])
@pytest.mark.parametrize("count", [0, MAX_RETRIES])
def test_moderation_quota_and_wrong_requests_have_no_fallback(kind: type[GatewayError], count: int) -> None:
    assert step(kind(), failed(count, LARGE), request=LARGE, consent=AUTOMATIC) == GiveUp(Reason.REFUSED)


@pytest.mark.parametrize("kind", with_subclasses(errors.NotSent))
def test_a_smaller_picture_is_no_help_where_nobody_answers(kind: type[GatewayError]) -> None:
    found = step(kind(), failed(MAX_RETRIES, LARGE), request=LARGE, consent=AUTOMATIC)
    assert isinstance(found, GiveUp)
    assert found.charge == "no"
    assert next_offer(LARGE, error_kind=kind.kind, consent=AUTOMATIC) is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_a_next_step_that_costs_nothing_unasked(kind: type[GatewayError]) -> None:
    for consent in (ASK, AUTOMATIC, NEVER):
        found = step(kind(), failed(MAX_RETRIES, LARGE), request=LARGE, consent=consent)
        assert isinstance(found, GiveUp) or not kind.maybe_billed


TEXTURED = replace(SMALL, output_format="webp", output_compression=80, moderation="low")


@pytest.mark.parametrize("param", ["moderation", "tools[0].moderation", "output_format", "n"])
def test_an_optional_parameter_that_is_refused_is_left_out_at_once_and_here(param: str) -> None:
    refused = errors.ParameterRefused(param=param, status=400)
    again = step(refused, request=TEXTURED, elsewhere_at=NOW)
    assert again == Retry(at=NOW, without=param.removeprefix("tools[0]."), is_same_upstream=True)


@pytest.mark.parametrize("param", ["", "size", "quality", "prompt", "model", "background", "style"])
def test_a_parameter_that_is_needed_or_was_not_sent_is_not_left_out(param: str) -> None:
    refused = errors.ParameterRefused(param=param, status=400)
    assert step(refused, request=TEXTURED) == GiveUp(Reason.REFUSED)
    assert step(refused, request=TEXTURED, elsewhere_at=NOW) == Retry(at=NOW)


def test_the_same_parameter_is_left_out_once_and_another_one_after_it() -> None:
    refused = errors.ParameterRefused(param="moderation", status=400)
    before = [Failed(refused.kind, error_param="moderation")]
    assert step(refused, before, request=TEXTURED) == GiveUp(Reason.REFUSED)
    other = errors.ParameterRefused(param="output_compression", status=400)
    assert step(other, before, request=TEXTURED) == Retry(at=NOW, without="output_compression", is_same_upstream=True)
