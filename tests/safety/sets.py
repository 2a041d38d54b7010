"""The public prompt sets the policy is measured on: where each lies in a folder of clones, and how it is read.

The folder named by SAFETY_SETS holds clones as `<owner>/<repository>`; nothing of them is kept in this repository.
"""

import csv
import hashlib
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

csv.field_size_limit(1 << 24)

CHILDREN = re.compile(
    r"\b(child|children|kids?|bab(?:y|ies)|toddlers?|boys?|girls?|teen\w*|school(?:girl|boy)s?)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class PromptSet:
    """One set: what its prompts are (`kind`), and how they are read from its clone."""

    name: str
    kind: str  # ordinary, real, borderline: to pass; explicit, harm: to be refused; implicit: reported only
    repository: str
    read: Callable[[Path], Iterable[str]]

    def prompts(self, folder: Path, *, half: str) -> list[str]:
        """The prompts of one half, each once; none where the clone is not there."""
        clone = folder / self.repository
        if not clone.is_dir():
            return []
        return [prompt for prompt in dict.fromkeys(self.read(clone)) if prompt.strip() and half_of(prompt) == half]


def half_of(prompt: str) -> str:
    """Which half a prompt belongs to, by a hash that nobody chose: work with the even half, report the odd one."""
    return "odd" if hashlib.sha256(prompt.encode()).digest()[0] % 2 else "even"


def column(path: str, name: str, *, delimiter: str = ",", **wanted: str) -> Callable[[Path], Iterator[str]]:
    """A column of a CSV file, of the rows that hold `wanted`."""

    def read(clone: Path) -> Iterator[str]:
        with (clone / path).open(encoding="utf-8", errors="replace", newline="") as file:
            for row in csv.DictReader(file, delimiter=delimiter):
                if row.get(name) and all(value in (row[key] or "") for key, value in wanted.items()):
                    yield row[name]

    return read


def lines(*paths: str) -> Callable[[Path], Iterator[str]]:
    def read(clone: Path) -> Iterator[str]:
        for path in paths:
            yield from map(html.unescape, (clone / path).read_text(encoding="utf-8", errors="replace").splitlines())

    return read


def captions_with_children(clone: Path) -> Iterator[str]:
    return (caption for caption in column("data/coco_30k.csv", "prompt")(clone) if CHILDREN.search(caption))


def drawbench(clone: Path) -> Iterator[str]:
    """The prompts stand in the READMEs of the categories, each with its number."""
    for page in sorted(clone.glob("*/README.md")):
        yield from (html.unescape(text) for text in re.findall(r"<b>\d+:(.*?)</b>", page.read_text(encoding="utf-8")))


def rows(path: str, *keys: str) -> Callable[[Path], Iterator[str]]:
    """The `prompt` of each row of a JSON file; `keys` lead to the list."""

    def read(clone: Path) -> Iterator[str]:
        found = json.loads((clone / path).read_text(encoding="utf-8"))
        for key in keys:
            found = found[key]
        yield from (row["prompt"] for row in found if isinstance(row.get("prompt"), str))

    return read


def fenced(*paths: str) -> Callable[[Path], Iterator[str]]:
    """The fenced blocks of Markdown pages, which is how prompt collections print prompts."""

    def read(clone: Path) -> Iterator[str]:
        for path in paths:
            text = (clone / path).read_text(encoding="utf-8")
            yield from (block for block in re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL) if len(block) > 40)

    return read


PARTI, COCO = "google-research/parti", "rohitgandikota/erasing"
OVERT, T2V = "yixiao-huang/OVERT", "yibo-miao/T2VSafetyBench"
ATTACKS, I2P = "uzn36/Safe_Velocity_Editing", "OPTML-Group/Diffusion-MU-Attack"


def t2v(*numbers: int) -> Callable[[Path], Iterator[str]]:
    return lines(*(f"T2VSafetyBench/{number}.txt" for number in numbers))


def overt_unsafe(category: str) -> PromptSet:
    read = column("data/OVERT_unsafe.csv", "unsafe_image_prompt", category=category)
    return PromptSet(f"OVERT unsafe, {category}", "explicit" if category == "sexual_content" else "harm", OVERT, read)


SETS = (
    PromptSet("PartiPrompts", "ordinary", PARTI, column("PartiPrompts.tsv", "Prompt", delimiter="\t")),
    PromptSet("COCO captions", "ordinary", COCO, column("data/coco_30k.csv", "prompt")),
    PromptSet("COCO captions with children", "ordinary", COCO, captions_with_children),
    PromptSet("DrawBench", "ordinary", "kennymckormick/DrawBench-Glance", drawbench),
    PromptSet(
        "gpt-image-2 prompts, freestylefly",
        "real",
        "freestylefly/awesome-gpt-image-2",
        rows("data/cases.json", "cases"),
    ),
    PromptSet(
        "gpt-image-2 prompts, biyanbo1694",
        "real",
        "biyanbo1694-design/gpt-image-2-prompt-gallery",
        rows("data/generated/prompts.json"),
    ),
    PromptSet(
        "gpt-image-2 prompts, pyth0nb3st", "real", "pyth0nb3st/awesome-gpt-image-2", rows("gallery.json", "images")
    ),
    PromptSet(
        "gpt-image-2 prompts, YouMind, English",
        "real",
        "YouMind-OpenLab/awesome-gpt-image-2",
        fenced("README.md"),
    ),
    PromptSet(
        "gpt-image-2 prompts, YouMind, Chinese",
        "real",
        "YouMind-OpenLab/awesome-gpt-image-2",
        fenced("README_zh.md", "README_zh-TW.md"),
    ),
    PromptSet(
        "gpt-image-2 prompts, EvoLinkAI",
        "real",
        "EvoLinkAI/awesome-gpt-image-2-prompts",
        fenced(*(f"cases/{name}.md" for name in ("ad-creative", "character", "ecommerce", "portrait", "poster", "ui"))),
    ),
    PromptSet("OVERT benign", "borderline", OVERT, column("data/OVERT_full.csv", "image_prompt")),
    PromptSet(
        "MMA-Diffusion, targets",
        "explicit",
        ATTACKS,
        column("datasets/mma-diffusion-nsfw-adv-prompts.csv", "target_prompt"),
    ),
    PromptSet(
        "MMA-Diffusion, adversarial",
        "explicit",
        ATTACKS,
        column("datasets/mma-diffusion-nsfw-adv-prompts.csv", "adv_prompt"),
    ),
    PromptSet("T2VSafetyBench, pornography", "explicit", T2V, t2v(1)),
    PromptSet(
        "Ring-A-Bell, nudity", "explicit", ATTACKS, column("datasets/nudity-ring-a-bell.csv", "sensitive prompt")
    ),
    overt_unsafe("sexual_content"),
    overt_unsafe("violence"),
    overt_unsafe("self_harm"),
    overt_unsafe("illegal_activities"),
    overt_unsafe("discrimination"),
    overt_unsafe("unethical"),
    PromptSet("T2VSafetyBench, violence", "harm", T2V, t2v(3)),
    PromptSet("T2VSafetyBench, gore", "harm", T2V, t2v(4)),
    PromptSet("T2VSafetyBench, disturbing", "harm", T2V, t2v(5)),
    PromptSet("T2VSafetyBench, discrimination", "harm", T2V, t2v(7)),
    PromptSet("T2VSafetyBench, illegal", "harm", T2V, t2v(10)),
    PromptSet("Ring-A-Bell, violence", "harm", ATTACKS, column("datasets/violence-ring-a-bell.csv", "prompt")),
    PromptSet("AdvBench", "harm", "Jinxiaolong1129/CodeAttack", column("data/harmful_behaviors.csv", "Goal")),
    # Harmless words that led a model to harmful pictures: no judgement of words can find these; reported, not aimed at.
    PromptSet("I2P, sexual", "implicit", I2P, column("prompts/i2p.csv", "prompt", categories="sexual")),
    PromptSet("I2P, nudity found", "implicit", I2P, column("prompts/nudity.csv", "prompt")),
    PromptSet("I2P, violence", "implicit", I2P, column("prompts/i2p.csv", "prompt", categories="violence")),
    PromptSet("T2VSafetyBench, borderline", "implicit", T2V, t2v(2)),
)
