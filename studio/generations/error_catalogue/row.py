"""One row of the error catalogue."""

from collections.abc import Collection
from dataclasses import dataclass

from studio.gateway.errors import GatewayError

from .. import dispatch

# What a person can do about an error; `create` turns these into buttons.
RETRY, EDIT, SIZE, QUALITY, PREVIEWS, FORM = "retry", "edit", "size", "quality", "previews", "form"
ELSEWHERE, WAIT, KEYS, ADMIN = "elsewhere", "wait", "keys", "admin"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One symptom. `codes`, `params`, `statuses` and `words` (in the message) narrow down its `error`."""

    name: str  # its anchor on the page of errors
    error: type[GatewayError]
    symptom: str  # as gateways say it
    cause: str
    sentence: str = ""
    actions: tuple[str, ...]
    codes: Collection[str] = ()
    params: Collection[str] = ()
    statuses: Collection[int] = ()
    words: Collection[str] = ()
    is_waited_out: bool = False  # the job waits by itself until the limit ends

    @property
    def charge(self) -> str:
        return "maybe" if self.error.maybe_billed else "no"

    @property
    def message(self) -> str:
        """The sentence on the card, to be translated by the caller."""
        return self.sentence or self.error.sentence

    @property
    def is_retried(self) -> bool:
        return self.error.retryable

    @property
    def is_retried_elsewhere(self) -> bool:
        return self.error.may_succeed_elsewhere and not self.error.maybe_billed

    @property
    def offers_fallback(self) -> bool:
        return dispatch.fallback_may_help(self.error)

    def fits(self, kind: type[GatewayError], *, code: str, param: str, status: int | None, detail: str) -> bool:
        return (
            issubclass(kind, self.error)
            and (not self.codes or code.lower() in self.codes)
            and (not self.params or param in self.params)
            and (not self.statuses or status in self.statuses)
            and (not self.words or any(word in detail.lower() for word in self.words))
        )
