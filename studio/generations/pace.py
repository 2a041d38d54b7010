"""How often one person may file a wish."""

from typing import ClassVar

from studio.accounts.models import User
from studio.accounts.pace import TooOften, take

from .models import NotFiled


class TooFast(NotFiled):
    """More wishes within a minute than a person files by hand; `retry_after` is in seconds."""

    status: ClassVar[int] = 429

    def __init__(self, often: TooOften) -> None:
        super().__init__(often)
        self.often = often

    @property
    def retry_after(self) -> int:
        return max(1, round(self.often.retry_after))

    @property
    def sentence(self) -> str:
        return self.often.sentence


def count_wish(owner: User) -> None:
    """Count one more wish of this person; raise TooFast where it is one too many."""
    try:
        take(owner, "submit")
    except TooOften as often:
        raise TooFast(often) from None
