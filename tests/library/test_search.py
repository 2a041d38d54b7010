"""Search: words in any order, phrases, without; in any script; among one's own pictures; on both databases."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.http import QueryDict
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.accounts.models import User
from studio.library.gallery_query import GalleryQuery
from studio.library.models import Picture, PictureTag, SearchEntry, Tag
from studio.library.search_text import LONGEST_SEARCH, read_search, tokens

pytestmark = pytest.mark.django_db

FACTS = {"file": "x.png", "sha256": "0" * 64, "byte_count": 1, "width": 3, "height": 2, "format": "png"}


def saved(owner: User, prompt: str, **facts: Any) -> Picture:
    picture = Picture.objects.create(owner=owner, prompt=prompt, **FACTS | facts)
    SearchEntry.objects.add(picture)
    return picture


def asked(search: str) -> QueryDict:
    data = QueryDict(mutable=True)
    data["q"] = search
    return data


def found(owner: User, search: str) -> list[str]:
    """The prompts of what somebody finds, oldest first."""
    query = GalleryQuery.parse(asked(search))
    return [picture.prompt for picture in query.pictures_of(owner).order_by("pk")]


PROMPTS = {
    "owl": "A red owl, asleep on a café chair",
    "fox": "Two foxes under a red moon",
    "harbour": "Paper-cut harbour at sunrise",
    "cat": "黒猫が窓辺で眠っている",
    "city": "东京的夜景",
    "korea": "고양이가 달을 본다",
    "thai": "แมวสีดำนอนหลับ",
    "hindi": "चाँद के नीचे लोमड़ी",
    "octopus": "Sticker 🐙 with eight arms",
}


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("red", ["owl", "fox"]),
        ("RED", ["owl", "fox"]),
        ("owl red", ["owl"]),
        ("red owl", ["owl"]),
        ('"red owl"', ["owl"]),
        ('"owl red"', []),
        ("red -owl", ["fox"]),
        ('red -"red moon"', ["owl"]),
        ("-red -cut", ["cat", "city", "korea", "thai", "hindi", "octopus"]),
        ("cafe", ["owl"]),
        ("CAFÉ", ["owl"]),
        ("har", ["harbour"]),
        ("paper-cut", ["harbour"]),
        ("cut-paper", []),
        ("ow", []),
        ("猫", ["cat"]),
        ("黒猫", ["cat"]),
        ("る", ["cat"]),
        ("眠って", ["cat"]),
        ("猫黒", []),
        ("夜景", ["city"]),
        ("东京 夜景", ["city"]),
        ("고양이", ["korea"]),
        ("달", ["korea"]),
        ("สีดำ", ["thai"]),
        ("แมว", ["thai"]),
        ("लोमड़ी", ["hindi"]),
        ("🐙", ["octopus"]),
    ],
)
def test_words_are_found_in_any_order_and_script(search: str, names: list[str], ben: User) -> None:
    for prompt in PROMPTS.values():
        saved(ben, prompt)
    assert found(ben, search) == [PROMPTS[name] for name in names]


def test_rewritten_prompts_file_names_tags_and_conversations_are_searched(ben: User) -> None:
    rewritten = saved(ben, "one", revised_prompt="A lighthouse")
    saved(ben, "two", upload_name="IMG_2041-lighthouse.png")
    saved(ben, "three", further_words="Shall the lighthouse be taller?")
    tagged = saved(ben, "four")
    PictureTag.objects.create(picture=tagged, tag=Tag.objects.get_or_add(ben, "Lighthouse"))
    SearchEntry.objects.renew([tagged.pk, rewritten.pk])
    assert found(ben, "lighthouse") == ["one", "two", "three", "four"]
    assert found(ben, "2041") == ["two"]


def test_a_phrase_does_not_go_on_from_one_text_to_the_next(ben: User) -> None:
    saved(ben, "ends with red", revised_prompt="owl begins")
    assert found(ben, '"red owl"') == []


def test_nobody_finds_what_belongs_to_others(ben: User, cleo: User) -> None:
    saved(ben, "a red owl")
    assert found(cleo, "owl") == []
    assert found(cleo, "-fox") == []
    # Tokens begin with their owner's number, and one may type it.
    assert found(cleo, f"{ben.pk}·owl") == []


def test_the_trash_is_not_searched(ben: User) -> None:
    row = saved(ben, "a red owl")
    Picture.objects.filter(pk=row.pk).update(trashed_at=row.created_at)
    assert found(ben, "owl") == []


@pytest.mark.parametrize(
    "search",
    [
        '"', '""', "'", "--", "-", '-"', "*", "owl*", "owl OR fox", "owl AND", "NOT owl", "NEAR(owl fox)", "words:owl",
        "^owl", "{words}: owl", "owl + fox", "'; DROP TABLE library_search; --", "owl & !fox | <->", ":*", "\\", "%",
        "_", "a\0b", "\0", "🦉", "owl " * 2500, "-x " * 3000, '"' * 10_000, "字" * 10_000, "\ud800", "¶", "·", "1·",
    ],
)  # fmt: skip
def test_whatever_is_typed_is_only_words(search: str, ben: User, client_of: Callable[[User], Client]) -> None:
    saved(ben, "a red owl")
    found(ben, search)
    assert len(GalleryQuery.parse(asked(search)).q) <= LONGEST_SEARCH


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=40))
def test_every_text_finds_itself(text: str) -> None:
    """Without a database: what a search asks for stands in the tokens of the same text, one after the other."""
    terms, own = read_search(f'"{text.replace(chr(34), " ")}"'), list(tokens(text))
    assert bool(terms) == bool(own[:1])
    for term in terms.wanted:
        size = len(term.tokens)
        assert term.tokens in {tuple(own[place : place + size]) for place in range(len(own))}


def test_the_index_can_be_rebuilt(ben: User) -> None:
    for prompt in ("a red owl", "a blue owl"):
        Picture.objects.create(owner=ben, prompt=prompt, **FACTS)
    assert found(ben, "owl") == []
    said = StringIO()
    call_command("rebuild_search", stdout=said, stderr=StringIO())
    assert "2 pictures" in said.getvalue()
    assert found(ben, "owl") == ["a red owl", "a blue owl"]
