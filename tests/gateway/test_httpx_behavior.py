"""The behaviour of httpx and httpcore that the gateway relies on; an upgrade that changes it fails here."""

import ast
import io
from pathlib import Path

import httpx
import pytest

from studio import gateway
from studio.gateway.httpx_behavior import MultipartForm, has_sent_all, request_at_address, starts_sending

from .scripted_gateway import ScriptedGateway, answer

pytestmark = pytest.mark.anyio

MODULES = sorted(Path(gateway.__file__).parent.glob("*.py"))
CHANGED = "httpx or httpcore has changed: see studio/gateway/httpx_behavior.py"


class Spy(io.BytesIO):
    """A file that counts how often it is read."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        return super().read(size)


def test_a_form_measures_its_files_and_reads_them_only_when_iterated() -> None:
    file = Spy(b"picture")
    form = MultipartForm({"prompt": "a boat"}, [("image", ("a.png", file, "image/png"))])
    assert (file.reads, form.headers.keys()) == (0, {"Content-Type", "Content-Length"}), CHANGED
    body = b"".join(form)
    assert file.reads > 0, CHANGED
    assert len(body) == int(form.headers["Content-Length"]), CHANGED


async def test_the_trace_says_when_a_request_starts_and_when_all_of_it_has_left() -> None:
    names: list[str] = []

    async def trace(name: str, _info: object) -> None:
        names.append(name)

    async with ScriptedGateway(answer("ok")) as wire, httpx.AsyncClient(trust_env=False) as client:
        await client.post(wire.base_url, json={"prompt": "a boat"}, extensions={"trace": trace})
    started = [number for number, name in enumerate(names) if starts_sending(name)]
    sent = [number for number, name in enumerate(names) if has_sent_all(name)]
    assert (len(started), len(sent)) == (1, 1), CHANGED
    assert started < sent, CHANGED


def test_a_request_to_an_address_keeps_the_host_header_and_the_name_for_tls() -> None:
    request = httpx.Request("GET", "https://gate.example/v1", extensions={"timeout": {"connect": 10.0}})
    moved = request_at_address(request, "192.0.2.1", connect_share=0.3)
    assert (moved.url.host, moved.headers["Host"]) == ("192.0.2.1", "gate.example"), CHANGED
    assert moved.extensions["sni_hostname"] == "gate.example", CHANGED
    assert moved.extensions["timeout"]["connect"] == pytest.approx(3), CHANGED


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_no_module_uses_a_private_name_of_httpx(module: Path) -> None:
    tree = ast.parse(module.read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name for name in imported if name.startswith(("httpx.", "httpcore"))}
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    private = [node for node in attributes if node.attr.startswith("_") and not node.attr.startswith("__")]
    owners = {ast.unparse(node.value) for node in private}
    assert owners <= {"self"}, f"private attributes of something other than `self`: {owners}"
