"""The rules of the policy that are more than a sum of weights."""

from collections.abc import Set

from .windows import Window

ADVISE_FROM = 0.5  # sum of weights


def minors(whole: Window, windows: list[Window], doubtful: Set[str]) -> tuple[str, ...]:
    """The words of childhood and of sex found in one text; empty where not both occur. Ignores measured weights.

    A doubtful word, one that is mostly innocent, is no such word: see `doubtful_nearby`.
    """
    if not ("youth" in whole.found or "young" in whole.found):
        return ()
    youth, sexual = whole.of("youth"), whole.unambiguous("act", "nudity", "body", "assault")
    if not PROTECTIVE & whole.found.keys():
        sexual |= whole.unambiguous("frank", "abuse")
    sexual -= doubtful
    if youth and sexual:
        return (*sorted(youth), *sorted(sexual))
    return next(filter(None, (minors_nearby(window, doubtful) for window in windows)), ())


def minors_nearby(window: Window, doubtful: Set[str]) -> tuple[str, ...]:
    near, young = young_people(window), window.of("young")
    hints = window.of("lure", "body", "act").keys() - doubtful
    if near and (hints or sum(window.written.get("allure", {}).values()) >= 1):
        return (*sorted(near), *sorted(hints or window.of("allure")))
    sexual = window.unambiguous("act", "nudity", "body") - doubtful
    return (*sorted(young), *sorted(sexual)) if sexual and BOYS & young.keys() else ()


def doubtful_nearby(window: Window, doubtful: Set[str]) -> tuple[str, ...]:
    """The words of childhood and two doubtful ones near them, or one that is joined by something alluring."""
    near, signs = young_people(window), window.of("lure", "body", "act").keys() & doubtful
    enough = len(signs) > 1 or (signs and "allure" in window.found)
    return (*sorted(near), *sorted(signs)) if near and enough else ()


def young_people(window: Window) -> dict[str, float]:
    """The words of childhood in a window, or the words of young looks where two of them meet."""
    young = window.of("young")
    return window.of("youth") or (young if sum(young.values()) >= 1 else {})


BOYS = {"boy", "boys", "lad"}
PROTECTIVE = {"learning", "medical", "care"}  # contexts that mention both in order to protect children


CONTEMPT = {"dehumanising": 1.0, "contempt": 1.0, "contrast": 1.0}
INCAPACITY_OF_ANYBODY = 0.3  # share of "incapacity" where it names something nobody can do


def contempt(window: Window) -> dict[str, float]:
    """The shares of contempt, which counts only where a people is named beside it."""
    return CONTEMPT | {"incapacity": INCAPACITY_OF_ANYBODY if "impossible" in window.found else 1.0}


def is_romantic(window: Window) -> bool:
    return (
        sum(window.of("romance").values()) >= 1
        or sum(window.of("lure", "act", "frank", "body").values()) >= ADVISE_FROM
    )
