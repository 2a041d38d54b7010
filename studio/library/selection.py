"""Which pictures are meant: some, by their ids, or all that a gallery query finds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from studio.core.refusals import Refusal
from studio.web.numbers import row_number

from .gallery_query import GalleryQuery
from .models import PictureQuerySet

MOST_IDS = 10_000  # more are chosen by their query


class TooManyChosen(Refusal):
    """More pictures are named one by one than a statement should hold."""

    @property
    def sentence(self) -> str:
        return gettext("More than 10,000 pictures are chosen. Choose all that match instead.")


@dataclass(frozen=True, slots=True)
class Selection:
    """Ids in the order in which they were chosen, or a query; a picture that is not there is left out."""

    ids: tuple[int, ...] = ()
    query: GalleryQuery | None = None

    @classmethod
    def parse(cls, data: QueryDict) -> "Selection":
        """`picture=1&picture=2` or `picture=1,2`; or `all=1` with the query's parameters, or with these in `query`.

        Nonsense is left out. Raise TooManyChosen for more than MOST_IDS.
        """
        if data.get("all") == "1":
            query = data.get("query")
            return cls(query=GalleryQuery.parse(data if query is None else QueryDict(query)))
        return cls(ids=tuple(dict.fromkeys(numbers_in(data.getlist("picture")))))

    def of(self, pictures: PictureQuerySet, *, user: Any) -> PictureQuerySet:
        """Those of these pictures that are meant; a query means what it shows this person, nothing in the trash."""
        if self.query is None:
            return pictures.filter(pk__in=self.ids)
        return pictures.filter(pk__in=self.query.pictures_of(user).order_by().values("pk"))


def numbers_in(values: Iterable[str]) -> list[int]:
    found = [number for value in values for part in value.split(",") if (number := row_number(part.strip()))]
    if len(found) > MOST_IDS:
        raise TooManyChosen
    return found
