"""Steps down from a large picture that could not be drawn: as rows remember them, and what a person may choose.

`images.ladder` says what the steps are and `dispatch.next_step` when one is taken; here they are written on the job.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from studio import images
from studio.gateway.errors import GatewayError
from studio.images import ImageRequest, Size
from studio.upstreams.models import Lane

from . import dispatch, quotes
from .errors import by_kind

if TYPE_CHECKING:
    from .models import Attempt, Job

QUESTION_LAPSES = timedelta(hours=24)  # so long a question holds money back; then the job counts as failed
AUTOMATIC, PERSON = "automatic", "person"


def consent_of(job: "Job") -> str:
    """What the person said about steps down; there are none from words, nor from a proof of an upstream."""
    return job.generation.fallback if job.generation.is_drawn and job.proof_of_id is None else dispatch.NEVER


def down(job: "Job", request: ImageRequest, *, why: str, charge: str, by: str, now: datetime) -> dict[str, Any]:
    """The columns of a job that takes this step down; `why` and `charge` are how what was sent before it ended."""
    before = job.request()
    step = {
        "from": {"size": str(before.size), "quality": before.quality},
        "size": str(request.size),
        "quality": request.quality,
        "price": str(quotes.expected(job, request, now=now)),
        "why": why,
        "charge": charge,
        "by": by,
        "at": now.isoformat(),
    }
    return {"steps": [*job.steps, step], "lane": Lane.LARGE if request.is_large else Lane.STANDARD}


def offer(job: "Job") -> ImageRequest | None:
    """What a person may have drawn instead of what failed: the next step down, where less may help."""
    error = by_kind().get(job.error_kind)
    if error is None or consent_of(job) == dispatch.NEVER or not dispatch.less_may_help(error):
        return None
    return next(iter(images.ladder(job.request())), None)


@dataclass(frozen=True)
class Rung:
    """What was sent for, as a card shows it; the last one is what came of it, or is on its way."""

    size: str
    quality: str
    price: Decimal | None = None  # expected, in USD; the wish itself has its price elsewhere
    is_automatic: bool = False  # taken without asking
    why: str = ""  # the kind of error that ended it, none for the last
    charge: str = ""  # what that cost

    @property
    def sentence(self) -> str:
        return gettext(by_kind().get(self.why, GatewayError).sentence)

    @property
    def charge_words(self) -> str:
        return gettext("may have been charged") if self.charge == "maybe" else gettext("not charged")


def rungs(steps: Sequence[dict[str, Any]]) -> list[Rung]:
    """The way down that a job or a picture remembers, from the wish on; empty where there was none."""
    if not steps:
        return []
    ends = [{"why": step["why"], "charge": step["charge"]} for step in steps] + [{}]
    sent = [
        {
            "size": step["size"],
            "quality": step["quality"],
            "price": Decimal(step["price"]),
            "is_automatic": step["by"] == AUTOMATIC,
        }
        for step in steps
    ]
    return [Rung(**one | end) for one, end in zip([steps[0]["from"], *sent], ends, strict=True)]


def steps_until(attempt: "Attempt") -> list[dict[str, Any]]:
    """The steps its job had taken when it was sent, for the picture's recipe."""
    sent_at = attempt.started_at.isoformat()
    return [step for step in attempt.job.steps if step["at"] <= sent_at]


def upscaled_to(asked: str, sent: str) -> Size | None:
    """The size a picture is enlarged to here, where it was sent for smaller than it was asked for."""
    return None if asked in (images.AUTO, sent) else Size.parse(asked)
