import json
from typing import Any

import pytest


class JsonParses:
    """Records every text that the standard library's JSON parser is given in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: list[str] = []
        parse = json.JSONDecoder.raw_decode

        def record(decoder: json.JSONDecoder, text: str, idx: int = 0) -> Any:
            self.texts.append(text)
            return parse(decoder, text, idx)

        monkeypatch.setattr(json.JSONDecoder, "raw_decode", record)

    def count(self, fragment: str) -> int:
        """How many of the parsed texts contain the fragment."""
        return sum(fragment in text for text in self.texts)
