#!/usr/bin/env python3
"""Ask pip-audit whether anything installed has a known vulnerability.

Ends with 1 when there is one. Where the data cannot be had, or not in time, it says so and ends with 0: a check that
needs somebody else's server must not stand in the way of a repair. Further arguments go to pip-audit.
"""

import argparse
import json
import subprocess
import sys
from typing import Any

AUDIT = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--skip-editable"]


class NotReached(Exception):
    """There is no answer; the text says what came instead."""


def dependencies(*, arguments: list[str], seconds: float) -> list[dict[str, Any]]:
    try:
        told = subprocess.run([*AUDIT, *arguments], capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise NotReached(f"no answer within {seconds:g} seconds") from None
    try:
        found: list[dict[str, Any]] = json.loads(told.stdout)["dependencies"]
    except (ValueError, KeyError):
        raise NotReached(told.stderr.strip().rpartition("\n")[2] or "no answer") from None
    if not any("vulns" in dependency for dependency in found):
        raise NotReached("nothing is known about any package")
    return found


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    given, arguments = parser.parse_known_args()
    try:
        found = dependencies(arguments=arguments, seconds=given.seconds)
    except NotReached as error:
        say(f"Known vulnerabilities could not be asked for, so this was left out: {error}.")
        return 0
    weak = [(each, flaw) for each in found for flaw in each.get("vulns", [])]
    for each, flaw in weak:
        mended = ", ".join(flaw["fix_versions"]) or "no version yet"
        say(f"{each['name']} {each['version']}: {flaw['id']}, mended in {mended}")
    unknown = sum("vulns" not in each for each in found)
    say(f"{len(found) - unknown} packages asked about, {unknown} unknown there, {len(weak)} known vulnerabilities.")
    return 1 if weak else 0


if __name__ == "__main__":
    sys.exit(main())
