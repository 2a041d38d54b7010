"""The base of every reason why a wish is not filed."""

from typing import ClassVar


class NotFiled(Exception):
    """Why a wish was not filed: nothing was written, nothing was charged. `status` is the HTTP answer's."""

    status: ClassVar[int] = 422

    @property
    def sentence(self) -> str:
        """What a person is told, beside everything they typed."""
        raise NotImplementedError
