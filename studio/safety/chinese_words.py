"""Where words end in Chinese, and in the Chinese characters of Japanese, neither of which puts spaces between them.

"女性交友" is 女性 and 交友, women making friends, and does not hold 性交. The words come from jieba's dictionary. It is
read when a text would be refused for a Chinese term, and not before: reading it takes a tenth of a second.
"""

from functools import lru_cache

from .letters import CJK_RUN
from .term import Hit

CACHE_SIZE = 1 << 8  # runs of Chinese
READ = 40  # characters of a run that are read on either side of a term


@lru_cache(CACHE_SIZE)
def words_in(run: str) -> tuple[tuple[int, int], ...]:
    """The start and end of each word of a run of Chinese characters."""
    import rjieba  # here, for most processes never need it

    return tuple((start, end) for _word, start, end in rjieba.tokenize(run, hmm=False))


def crosses_words(text: str, hit: Hit) -> bool:
    """Whether a term is only the end of one word and the beginning of another."""
    start = hit.start
    while start and hit.start - start < READ and CJK_RUN.fullmatch(text[start - 1]):
        start -= 1
    end = hit.end
    while end < len(text) and end - hit.end < READ and CJK_RUN.fullmatch(text[end]):
        end += 1
    first, last = hit.start - start, hit.end - start
    touched = [word for word in words_in(text[start:end]) if word[0] < last and word[1] > first]
    return len(touched) > 1 and (touched[0][0] < first or touched[-1][1] > last)
