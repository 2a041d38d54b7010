"""The browser's modules reach the same answers as the room, from nothing but the data of `rules()`."""

import json
import os
import random
import shutil
import subprocess
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from studio.images import (
    AUTO,
    MODELS,
    QUALITY_FACTORS,
    RATIOS,
    ImageRequest,
    Size,
    estimate,
    nearest_size,
    output_tokens,
    rules,
    size_problems,
    text_tokens,
    two_figures,
)
from studio.images.rules import model_data, preset_data

from .brute_force import EVERY_SIZE

NODE = shutil.which("node")
ANSWERS = Path(__file__).with_name("browser_answers.mjs")
RULES_OF_THE_SCRIPTS = Path(__file__).parents[1] / "js" / "rules.json"
ALPHABETS = "abc déф猫🎨 한"

type Edges = tuple[int, int]


def random_edges(chance: random.Random) -> Edges:
    kinds = [
        lambda: (chance.randint(1, 4500), chance.randint(1, 4500)),
        lambda: (int(10 ** chance.uniform(0, 9)), int(10 ** chance.uniform(0, 9))),
        lambda: (chance.randrange(0, 4000, 16), chance.randrange(0, 4000, 16)),
        lambda: (short := chance.randint(1, 2000), 3 * short + chance.randint(-2, 2)),
    ]
    edges = chance.choice(kinds)()
    return edges if chance.random() < 0.5 else (edges[1], edges[0])


def random_request(chance: random.Random) -> dict[str, Any]:
    partials = chance.randint(0, 3)
    return {
        "model": chance.choice(MODELS).id,
        "prompt": "".join(chance.choices(ALPHABETS, k=chance.randint(0, 60))),
        "size": chance.choice([AUTO, "{}x{}".format(*chance.choice(EVERY_SIZE))]),
        "quality": chance.choice(MODELS[0].qualities),
        "partial_images": partials,
        "references": chance.randint(0, 16),
        "multiplier": chance.choice(["1", "0.85", "1.5", "12.345678", "0.0001"]),
    }


def size_answer(edges: Edges) -> dict[str, Any]:
    size, reasons = (found := nearest_size(*edges)).size, found.reasons
    return {
        "problems": [[problem.code, str(problem)] for problem in size_problems(*edges)],
        "size": [size.width, size.height],
        "reasons": [[reason.code, str(reason)] for reason in reasons],
        "label": size.ratio_label,
        "megapixels": f"{(size.pixels + 5_000) // 10_000 / 100:.2f}",
        "isLarge": size.is_large,
        "tokens": [output_tokens(size.width, size.height, quality) for quality in QUALITY_FACTORS],
    }


def price_answer(wanted: dict[str, Any]) -> dict[str, Any]:
    references, multiplier = wanted["references"], Decimal(wanted["multiplier"])
    request = ImageRequest(
        prompt=wanted["prompt"],
        model=wanted["model"],
        size=AUTO if wanted["size"] == AUTO else Size.parse(wanted["size"]),
        quality=wanted["quality"],
        stream=wanted["partial_images"] > 0,
        partial_images=wanted["partial_images"],
    )
    guess = estimate(request, references, multiplier)
    prices = [guess.low, guess.high, guess.expected]
    return {
        "text": text_tokens(wanted["prompt"]),
        "units": [str(int(price * 10**18)) for price in prices],
        "shown": [two_figures(price) for price in prices],
    }


@pytest.mark.skipif(NODE is None, reason="Node is not installed, so the browser's modules cannot be run")
def test_the_browser_reaches_the_same_answers() -> None:
    chance = random.Random(20261123)
    edges = [*(random_edges(chance) for _ in range(6_000)), (1, 1), (10**9, 1), (10**9, 10**9), (0, 5), (-5, 1024)]
    requests = [random_request(chance) for _ in range(1_500)]
    question = json.dumps({"rules": rules(), "edges": edges, "requests": requests})

    answer = subprocess.run(
        [str(NODE), str(ANSWERS)], input=question, capture_output=True, check=True, encoding="utf-8", timeout=60
    )

    answers = json.loads(answer.stdout)
    for requested, answered in zip(edges, answers["sizes"], strict=True):
        assert (requested, answered) == (requested, size_answer(requested))
    for wanted, answered in zip(requests, answers["prices"], strict=True):
        assert (wanted, answered) == (wanted, price_answer(wanted))


def test_the_scripts_tests_use_the_rooms_rules() -> None:
    """After a change of the rules: `STUDIO_WRITE_RULES=1 pytest tests/images` writes them anew."""
    if os.environ.get("STUDIO_WRITE_RULES"):
        RULES_OF_THE_SCRIPTS.write_text(json.dumps(rules(), ensure_ascii=False, indent=1) + "\n")

    assert json.loads(RULES_OF_THE_SCRIPTS.read_text()) == json.loads(json.dumps(rules()))


def test_the_rules_name_every_model_and_every_preset() -> None:
    data = rules()

    assert [model["id"] for model in data["models"]] == [model.id for model in MODELS]
    assert data["models"][0]["qualities"] == ["low", "medium", "high", "auto"]
    assert data["models"][0]["rates"]["image_output"] == "30.00"
    assert data["presets"]["3:2"] == {"standard": [1536, 1024], "2k": [2048, 1360], "4k": [3504, 2336]}
    assert list(data["presets"]) == list(RATIOS)


def test_a_tier_without_a_size_is_null() -> None:
    assert preset_data("7:1") == {"standard": None, "2k": None, "4k": None}


def test_a_model_reaches_the_browser_with_its_own_qualities() -> None:
    finer = model_data(replace(MODELS[0], id="finer", factors=QUALITY_FACTORS | {"max": 128}))

    assert finer["factors"] == {"low": 16, "medium": 48, "high": 96, "max": 128}
    assert finer["qualities"] == ["low", "medium", "high", "max", "auto"]
