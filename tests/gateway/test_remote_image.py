import asyncio
import datetime
import json
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from studio.gateway import Gateway, errors

from .conftest import KEY, PNG, PNG_64, Caller, paint
from .scripted_gateway import ScriptedGateway, answer, event, stream

pytestmark = pytest.mark.anyio

IMAGE = answer(PNG, kind="image/png", set_cookie="a=b")


def pointing_at(url: str, **more: Any) -> bytes:
    return answer({"data": [{"url": url, "revised_prompt": "a square"}], "size": "1024x1024", **more})


@pytest.mark.parametrize("url", ["/files/a.png", "files/a.png", "http://127.0.0.1:{port}/files/a.png?sig=1#x"])
async def test_a_picture_at_the_gateway_itself_is_fetched_without_the_key(caller: Caller, url: str) -> None:
    async with ScriptedGateway(b"", IMAGE) as wire:
        wire.scripts[0] = [pointing_at(url.format(port=wire.port))]
        await caller.call(wire)
        line, fields, _ = wire.request(1)
    assert "files/a.png" in line
    assert fields["host"] == f"127.0.0.1:{wire.port}"
    assert KEY not in str(fields)
    assert not {"authorization", "cookie", "x-request-id"} & set(fields)
    kept = json.loads(caller.path.read_bytes())
    assert kept["data"] == [{"revised_prompt": "a square", "b64_json": PNG_64}]
    assert kept["size"] == "1024x1024"
    assert caller.leftovers == ["attempt"]


async def test_a_fetched_picture_reads_like_any_other(caller: Caller) -> None:
    usage = {"input_tokens": 12, "output_tokens": 196, "total_tokens": 208}
    reply = await caller.generate(pointing_at("/a.png", usage=usage), IMAGE)
    assert (reply.picture, reply.size, reply.revised_prompt) == (PNG, "1024x1024", "a square")
    assert reply.usage is not None
    assert reply.usage.output_tokens == 196


async def test_an_address_inside_a_stream_is_fetched_too(caller: Caller) -> None:
    reply = await caller.generate(stream(event("image_generation.completed", url="/a.png", size="1x1")), IMAGE)
    assert (reply.picture, reply.size) == (PNG, "1x1")


async def test_several_addresses_give_several_pictures(caller: Caller) -> None:
    other = paint("salmon")
    both = answer({"data": [{"url": "/a.png"}, {"url": "/b.png"}, {"url": "/c.png"}]})
    reply = await caller.generate(both, IMAGE, answer(other, kind="image/png"), answer("gone", status=404))
    assert reply.pictures == (PNG, other)


async def test_an_inline_address_needs_no_fetching(caller: Caller) -> None:
    async with ScriptedGateway(pointing_at("data:image/png;base64," + PNG_64)) as wire:
        await caller.call(wire)
        assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/a.png",
        "http://localhost:{other}/a.png",
        "http://[::1]/a.png",
        "http://[::ffff:127.0.0.1]:{other}/a.png",
        "http://127.1:{other}/",
        "http://2130706433:{other}/",
        "http://0.0.0.0:{other}/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://192.168.0.1/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://user:word@127.0.0.1:{port}/",
        "ftp://127.0.0.1:{port}/a.png",
        "file:///etc/passwd",
        "http://[",
        "http://a b/",
        "http://no-such-host.invalid/a.png",
        "javascript:alert(1)",
    ],
)
async def test_no_address_leads_into_the_private_network(caller: Caller, url: str) -> None:
    async with ScriptedGateway(IMAGE) as other, ScriptedGateway(b"") as wire:
        wire.scripts[0] = [pointing_at(url.format(port=wire.port, other=other.port))]
        with pytest.raises(errors.PictureOutOfReach) as caught:
            await caller.call(wire)
        assert (len(wire.requests), other.requests) == (1, [])
    assert (caught.value.maybe_billed, caught.value.retryable) == (True, False)
    assert caller.leftovers == ["attempt"]


async def test_at_most_three_redirects_are_followed_and_each_is_checked(caller: Caller) -> None:
    onward = answer("", status=302, location="/next.png")
    reply = await caller.generate(pointing_at("/a.png"), onward, onward, onward, IMAGE)
    assert reply.picture == PNG
    with pytest.raises(errors.PictureOutOfReach):
        await caller.generate(pointing_at("/a.png"), onward, onward, onward, onward, IMAGE)
    async with ScriptedGateway(IMAGE) as other:
        away = answer("", status=302, location=f"http://127.0.0.1:{other.port}/a.png")
        with pytest.raises(errors.PictureOutOfReach):
            await caller.generate(pointing_at("/a.png"), away)
        assert other.requests == []


@pytest.mark.parametrize(
    "script",
    [
        answer("gone", status=404),
        answer("<html>expired</html>", kind="text/html"),
        answer({"error": "expired"}),
        answer("", kind="image/png"),
        answer(PNG, kind="image/png", content_encoding="gzip"),
        answer(PNG[:20], kind="image/png", content_length="9999"),
    ],
)
async def test_what_is_not_a_picture_is_none_and_the_reply_that_leads_to_it_is_kept(
    caller: Caller, script: bytes
) -> None:
    with pytest.raises(errors.PictureOutOfReach):
        await caller.generate(pointing_at("/a.png"), script)
    assert caller.leftovers == ["attempt"]


async def test_a_picture_beyond_the_cap_is_not_fetched(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.gateway.remote_image.MAX_PICTURE_BYTES", 10)
    with pytest.raises(errors.PictureOutOfReach):
        await caller.generate(pointing_at("/a.png"), IMAGE)


async def test_a_host_with_one_private_address_is_refused(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(_loop: Any, _host: str, port: int, **_: Any) -> list[Any]:
        return [(2, 1, 6, "", (address, port)) for address in ("93.184.216.34", "127.0.0.1")]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    with pytest.raises(errors.PictureOutOfReach) as caught:
        await caller.generate(pointing_at("http://two-faced.example/a.png"))
    assert "private" in caught.value.detail


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for gate.test, and its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gate.test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("gate.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "gate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """gate.test and other.test both live on this machine."""
    real = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return real("127.0.0.1" if str(name).endswith(".test") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.mark.usefixtures("names")
async def test_the_certificate_is_checked_for_the_host_name_at_the_checked_address(
    authority: Path, tmp_path: Path
) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(authority)
    async with (
        Gateway(tls=ssl.create_default_context(cafile=authority)) as gateway,
        ScriptedGateway(b"", IMAGE, tls=server) as wire,
    ):
        caller = Caller(gateway, tmp_path)
        wire.scripts[0] = [pointing_at(f"https://gate.test:{wire.port}/a.png")]
        await caller.call(wire, base_url=f"https://gate.test:{wire.port}")
        assert wire.request(1)[1]["host"] == f"gate.test:{wire.port}"
        with pytest.raises(errors.TlsFailed):
            await caller.call(wire, base_url=f"https://other.test:{wire.port}")


@pytest.mark.usefixtures("names")
async def test_an_untrusted_certificate_is_refused_before_anything_is_sent(authority: Path, tmp_path: Path) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(authority)
    async with Gateway() as gateway, ScriptedGateway(IMAGE, tls=server) as wire:
        with pytest.raises(errors.TlsFailed) as caught:
            await Caller(gateway, tmp_path).call(wire, base_url=f"https://gate.test:{wire.port}")
        assert wire.requests == []
    assert (caught.value.retryable, caught.value.maybe_billed) == (True, False)
