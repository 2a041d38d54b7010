"""The base class of refusals: reasons why the studio does not do what a person asked for."""

from typing import ClassVar


class Refusal(Exception):
    """Nothing was written and nothing was charged. `status` is that of the HTTP answer."""

    status: ClassVar[int] = 422
    retry_after: float | None = None  # seconds until the same request may succeed, where waiting helps

    @property
    def sentence(self) -> str:
        """The sentence shown to the person, beside their input."""
        raise NotImplementedError
