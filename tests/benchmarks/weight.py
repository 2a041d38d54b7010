"""What Create weighs on the wire: its page, and our own CSS, modules and htmx, compressed as browsers ask for them.

`uv run python -m tests.benchmarks.weight`
"""

import re
import tempfile
from collections import Counter
from pathlib import Path

import httpx

from tests.browser.process import Studio
from tests.server.visitor import Visitor

LINK = re.compile(r'(?:src|href)="(/static/[^"]+\.(?:css|js))"')
IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+)["']""")
LIMIT = 90_000  # bytes


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="easel-benchmark-") as folder, Studio(Path(folder)) as studio:
        visitor = Visitor(studio).come_in()
        page = visitor.http.get("/").text
        weights = {address: weight(visitor.http, address) for address in loaded(visitor.http, page)}
    kinds: Counter[str] = Counter()
    for address, count in weights.items():
        kinds["htmx" if "htmx" in address else address.rpartition(".")[2]] += count
    total = sum(kinds.values())
    print(", ".join(f"{kind} {count / 1000:.1f} kB" for kind, count in kinds.most_common()), end=" ")
    print(f"in {len(weights)} files: {total / 1000:.1f} kB = {total / LIMIT:.2f} × the 90 kB it may weigh")
    print(
        "heaviest:", ", ".join(f"{Path(name).name} {weights[name]}" for name in sorted(weights, key=weights.get)[-5:])
    )  # type: ignore[arg-type]


def loaded(http: httpx.Client, page: str) -> set[str]:
    """The addresses of every style sheet and module the page pulls in, imports of imports too."""
    found, waiting = set[str](), set(LINK.findall(page))
    while waiting:
        address = waiting.pop()
        found.add(address)
        text = http.get(address).raise_for_status().text
        imports = IMPORT.findall(text) if address.endswith(".js") and "htmx" not in address else []
        waiting |= {str(httpx.URL(address).join(name)) for name in imports} - found
    return found


def weight(http: httpx.Client, address: str) -> int:
    """Bytes of the compressed body."""
    with http.stream("GET", address, headers={"Accept-Encoding": "br"}) as response:
        assert response.headers["content-encoding"] == "br" or response.headers["content-length"] < "200", address
        return sum(len(chunk) for chunk in response.iter_raw())


if __name__ == "__main__":
    main()
