"""Ages in a text: one below eighteen is a word of childhood."""

import re

AGE = re.compile(
    r" aged?(?: [,.])?(?: of)? (?P<aged>\d{1,2})(?= [,.a-z])"
    r"| (?P<old>\d{1,2}) ?(?:years?[ -]old|yrs? old|yo|y o)\b(?! (?:whisk|wine|rum|tree|car|house|scotch))"
    r"|(?P<sui>\d{1,2}) ?岁"
)


def with_ages(words: str) -> str:
    """The text with "underage" added after each age below eighteen."""
    return AGE.sub(
        lambda age: f"{age.group()} underage " if 0 < int(next(filter(None, age.groups()))) < 18 else age.group(), words
    )
