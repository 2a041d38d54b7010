"""Fallback steps as rows store them: a smaller or simpler request instead of a large picture that failed.

`images.fallback_steps` lists the steps, `dispatch.next_step` decides when one is taken. Pure functions of values.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from studio import images
from studio.gateway.studio_errors import error_types_by_kind
from studio.images import ImageRequest

from . import dispatch
from .tariffs import lane_of

CONSENT_EXPIRES_AFTER = timedelta(hours=24)  # until then the reservation is held; after it the job has failed
AUTOMATIC, PERSON = "automatic", "person"  # who took a step


def next_offer(request: ImageRequest, *, error_kind: str, consent: str) -> ImageRequest | None:
    """The next fallback step to offer for a failed request; None where a smaller picture would not help."""
    error = error_types_by_kind().get(error_kind)
    if error is None or consent == dispatch.NEVER or not dispatch.fallback_may_help(error):
        return None
    return next(iter(images.fallback_steps(request)), None)


def step_columns(
    steps: list[dict[str, Any]],
    *,
    before: ImageRequest,
    request: ImageRequest,
    price: Decimal,
    why: str,
    charge: str,
    by: str,
    now: datetime,
) -> dict[str, Any]:
    """The columns of a job that takes this step after `steps`.

    `why` (an error kind) and `charge` say how the request `before` ended. `price` is what the step is expected to
    cost, in USD; `by` is AUTOMATIC or PERSON.
    """
    step = {
        "from": {"size": str(before.size), "quality": before.quality},
        "size": str(request.size),
        "quality": request.quality,
        "price": str(price),
        "why": why,
        "charge": charge,
        "by": by,
        "at": now.isoformat(),
    }
    return {"steps": [*steps, step], "lane": lane_of(request)}
