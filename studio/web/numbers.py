"""Row numbers in addresses and forms."""

import re

ROW_NUMBER = re.compile(r"[0-9]{1,18}")  # what a database accepts


def row_number(text: str) -> int | None:
    """A row number, or None where the text is not one."""
    return int(text) if ROW_NUMBER.fullmatch(text) else None
