"""Letters: brings a text into lower case, one width and one spelling, and undoes look-alike and invisible characters.

Pure. A letter of a language stays what it is: ñ, ß, ø and ç are no disguise of n, ss, o and c, and a Russian word is
not read as Latin. Look-alikes count only in a word that mixes scripts, or in a text whose other words are Latin.
"""

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from confusable_homoglyphs import confusables

WORDS = Path(__file__).parent / "terms" / "words.toml"
CACHE_SIZE = 1 << 15  # characters, and words

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
CJK_RUN = re.compile(f"[{CJK}]+")
LATIN_RUN = re.compile("[a-z0-9]+")
GAP_IN_CJK = re.compile(rf"[ \t*._·・|/\\~^+=\-]+(?=[{CJK}])")
# A word of letters that may have look-alikes: none of Chinese, Japanese or Korean.
WORD = re.compile(rf"[^\W\d_{CJK}\uac00-\ud7af]+")

INVISIBLE = {"Cf", "Me", "Cc", "Co", "Cn", "Cs"}  # Unicode categories of characters that are not visible
# Marks that are laid over letters of any script, and vowel points that ordinary Arabic and Hebrew leave out. Marks of
# other scripts, as in Hindi and Thai, are letters of their words.
OVERLAID = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
REGIONAL = {chr(0x1F1E6 + at): chr(97 + at) for at in range(26)}
SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True))
LATIN_LETTERS = range(0xC0, 0x250)  # letters of European languages, whatever they resemble
UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe"})

PAUSES, ENDS = ',;:()[{"“”，；：、（）【「」《》…', ".!?。！？]}】\n\r"
MARKS: dict[int, str] = {ord(mark): " " for mark in "#$%&'*+-/<=>@\\^_`|~\t\f\v"} | {
    ord(mark): "," for mark in PAUSES if mark.isascii()
}
MARKS |= {ord(mark): "." for mark in ENDS if mark.isascii()}
MARKED = {chr(mark): plain for mark, plain in MARKS.items()}


@cache
def data() -> dict[str, Any]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def plain_letters(text: str) -> str:
    """The text in lower case, without invisible marks, and each word in one script."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).lower()
    text = OVERLAID.sub("", text)
    characters = set(text)
    for character in characters:
        if not character.isascii() and (letter := plain_letter(character)) != character:
            text = text.replace(character, letter)
    if not characters.isdisjoint(latin_look_alikes()):
        text = in_one_script(text)
    return with_edges(text, sum("\u3040" <= character <= "\u9fff" for character in characters))


@lru_cache(CACHE_SIZE)
def plain_letter(character: str) -> str:
    if found := variants().get(character):
        return found
    if character in PAUSES or character in ENDS:
        return "," if character in PAUSES else "."
    category = unicodedata.category(character)
    if category in INVISIBLE:
        return ""
    return " " if category[0] in "PSZ" and category != "Sc" else character


@cache
def variants() -> dict[str, str]:
    """Other shapes of a character: traditional for simplified, flags and small capitals for letters."""
    return dict(zip(data()["traditional"], data()["simplified"], strict=True)) | REGIONAL | SMALL_CAPITALS


@cache
def latin_look_alikes() -> dict[str, str]:
    """Letters of other scripts, with the Latin letter each resembles."""
    found = dict(zip(data()["drawn"], data()["meant"], strict=True))
    for character, others in confusables.confusables_data.items():
        letters = [other["c"] for other in others if other["c"].isascii() and other["c"].isalpha()]
        is_foreign = len(character) == 1 and not character.isascii() and ord(character) not in LATIN_LETTERS
        if letters and is_foreign and character.isalpha():
            found.setdefault(character, letters[0].lower())
    return found


@cache
def cyrillic_look_alikes() -> dict[int, str]:
    return {ord(latin): letter for letter, latin in zip("асеорхуікмтн", "aceopxyikmth", strict=True)}


def in_one_script(text: str) -> str:
    """Each word in the script that it, or the text around it, is written in."""
    words = set(WORD.findall(text))
    latin = sum(word.isascii() for word in words)
    is_latin_text = latin * 2 >= sum(word.isascii() or not is_latin(word) for word in words)
    readings = {word: read for word in words if (read := one_script(word, is_latin_text)) != word}
    return WORD.sub(lambda word: readings.get(word.group(), word.group()), text) if readings else text


def is_latin(word: str) -> bool:
    return all(character.isascii() or ord(character) in LATIN_LETTERS for character in word)


@lru_cache(CACHE_SIZE)
def one_script(word: str, is_latin_text: bool) -> str:
    known = latin_look_alikes()
    foreign = [letter for letter in word if not letter.isascii() and ord(letter) not in LATIN_LETTERS]
    if not foreign:
        return word
    if all(letter in known for letter in foreign):
        latin = "".join(known.get(letter, letter) for letter in word)
        if len(foreign) < len(word):
            return latin
        if not is_latin_text:
            return word
        # Either a word of its own script among Latin ones, or a Latin word made of look-alikes: both are read.
        return f"{word} {latin}" if len(word) > 1 else latin if latin in ("a", "i") else word
    is_cyrillic = all("\u0400" <= letter <= "\u04ff" for letter in foreign)
    return word.translate(cyrillic_look_alikes()) if is_cyrillic else word


@lru_cache(CACHE_SIZE)
def without_accents(word: str) -> str:
    """The letters that accents stand on: "nákéd" as "naked"."""
    decomposed = unicodedata.normalize("NFD", word.translate(UNDECOMPOSED))
    return OVERLAID.sub("", decomposed)


def with_edges(text: str, cjk_count: int) -> str:
    """Chinese text without gaps, and with a space wherever it meets Latin letters."""
    if not cjk_count:
        return text
    text = GAP_IN_CJK.sub(lambda gap: "" if is_cjk(text[gap.start() - 1 : gap.start()]) else gap.group(), text)
    # Substitute whichever kind of run is rarer.
    return (LATIN_RUN if cjk_count > 50 else CJK_RUN).sub(r" \g<0> ", text)


def is_cjk(character: str) -> bool:
    return "\u3040" <= character <= "\u9fff"


def is_hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7af"


def spaced(text: str) -> str:
    if text.isascii():
        text = text.translate(MARKS)
    else:  # `str.translate` is slow on text that is not ASCII
        for mark in set(text).intersection(MARKED):
            text = text.replace(mark, MARKED[mark])
    text = text.replace(",", " , ").replace(".", " . ")
    return f" {' '.join(text.split())} "
