"""The search index: the words of each picture, in a full-text table of SQLite or PostgreSQL."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

from django.db import connection, models, transaction

from ..search_text import GAP, SearchTerms, owned_tokens
from .collection import PictureTag
from .picture import Picture

BATCH = 500  # pictures
TEXTS = ("prompt", "revised_prompt", "upload_name", "further_words")


class TokensField(models.TextField):  # type: ignore[type-arg]
    """A list of tokens, written as the database's full-text search takes them and never read back."""

    def db_type(self, connection: Any) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_placeholder_sql(self, value: Any, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return ("%s::tsvector" if connection.vendor == "postgresql" else "%s"), (value,)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return as_tsvector(value) if connection.vendor == "postgresql" else " ".join(value)

    def get_prep_value(self, value: Any) -> Any:
        return value


def as_tsvector(tokens: list[str]) -> str:
    places: dict[str, list[str]] = defaultdict(list)
    for place, token in enumerate(tokens, 1):
        places[token].append(str(place))
    places.pop(GAP, None)
    return " ".join(f"'{token}':{','.join(found)}" for token, found in places.items())


@TokensField.register_lookup
class Matches(models.Lookup):
    """`words__matches=SearchTerms(…)`"""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        words, params = self.process_lhs(compiler, connection)
        terms: SearchTerms = self.rhs
        if connection.vendor == "postgresql":
            return f"{words} @@ %s::tsquery", (*params, terms.as_tsquery())
        return f"{words} MATCH %s", (*params, terms.as_fts5())


class SearchEntryManager(models.Manager["SearchEntry"]):
    def add(self, *pictures: Picture) -> None:
        """Enter new pictures, which have no tags yet, in the transaction that writes them."""
        self.bulk_create(entry_of(picture, []) for picture in pictures)

    def renew(self, picture_ids: Iterable[int]) -> None:
        """Enter pictures again whose words or tags have changed, in the transaction that changes them."""
        for batch in batched(picture_ids, BATCH):
            with transaction.atomic():
                self.filter(pk__in=batch).delete()
                tags = tags_of(batch)
                rows = Picture.objects.filter(pk__in=batch).only("owner_id", *TEXTS)
                self.bulk_create([entry_of(picture, tags[picture.pk]) for picture in rows])

    def rebuild(self) -> Iterator[int]:
        """Make the table anew and enter every picture; yields how many are done."""
        with transaction.atomic():
            drop_table(connection.cursor())
            create_table(connection.cursor())
        done, last = 0, 0
        while batch := list(Picture.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
            self.renew(batch)
            done, last = done + len(batch), batch[-1]
            yield done


def create_table(cursor: Any) -> None:
    """Make the full-text table of each database; the migration does so too."""
    if connection.vendor == "sqlite":
        # Tokens are finished and hold no sign of ASCII, where this tokenizer would part them.
        cursor.execute("CREATE VIRTUAL TABLE library_search USING fts5(words, tokenize='ascii', columnsize=0)")
        return
    cursor.execute("CREATE TABLE library_search (rowid bigint PRIMARY KEY, words tsvector NOT NULL)")
    cursor.execute("CREATE INDEX library_search_words ON library_search USING gin (words)")


def drop_table(cursor: Any) -> None:
    cursor.execute("DROP TABLE library_search")


class SearchEntry(models.Model):
    """The words a picture is found by; see `search_text`. Its table is made by hand in the migration."""

    picture = models.OneToOneField(
        Picture,
        models.DO_NOTHING,
        primary_key=True,
        db_column="rowid",
        db_constraint=False,
        related_name="search_entry",
    )
    words: Any = TokensField()

    objects = SearchEntryManager()

    class Meta:
        db_table = "library_search"

    def __str__(self) -> str:
        return f"search entry of picture {self.pk}"


def entry_of(picture: Picture, tags: list[str]) -> SearchEntry:
    texts = [picture.prompt, picture.rewritten_prompt, picture.upload_name, picture.further_words, *tags]
    words: Any = owned_tokens(texts, owner_id=picture.owner_id)
    return SearchEntry(picture=picture, words=words)


def tags_of(picture_ids: Iterable[int]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = defaultdict(list)
    for picture_id, name in PictureTag.objects.filter(picture__in=picture_ids).values_list("picture", "tag__name"):
        names[picture_id].append(name)
    return names
