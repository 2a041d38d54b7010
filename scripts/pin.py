"""Pin the whole dependency tree to exact versions under `[tool.uv] constraint-dependencies` in pyproject.toml.

Run `uv run --no-sync scripts/pin.py` after changing a list of dependencies, and to take newer versions.
"""

import re
import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
# Without configuration: neither the old pins nor anybody's mirror may show in the new ones.
COMPILE = "uv pip compile --no-config --universal --all-extras --group dev --no-header --no-annotate --quiet"
PINS = re.compile(r"\nconstraint-dependencies = \[\n.*?^\]$", re.MULTILINE | re.DOTALL)
TABLE = "[tool.uv]\n"


def pins() -> list[str]:
    compiled = subprocess.run([*COMPILE.split(), str(PROJECT)], check=True, capture_output=True, text=True)
    return sorted(compiled.stdout.split("\n"))


def pin() -> None:
    lines = "".join(f'  "{line}",\n' for line in pins() if line)
    text = PINS.sub("", PROJECT.read_text())
    PROJECT.write_text(text.replace(TABLE, f"{TABLE}constraint-dependencies = [\n{lines}]\n"))


if __name__ == "__main__":
    pin()
