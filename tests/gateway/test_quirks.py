"""The quirks a robust client must tolerate, one after the other as the wire contract numbers them (§6, §7).

Each is a switch of the sandbox; the tests speak with the real sandbox process and say what became of the picture.
"""

import asyncio
import gzip
import io
import json
from base64 import b64encode
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.gateway import (
    PLAIN_IMAGE_FIELD,
    Endpoint,
    Gateway,
    GatewayError,
    Received,
    Reply,
    Timeouts,
    errors,
    read_reply,
    read_response,
)
from studio.images import EditRequest, ImageFile, ImageRequest, Size, output_tokens, parameter_name
from tests.sandbox.conftest import Running, running

from .conftest import KEY, PNG, PNG_64, Caller, read_twice
from .scripted_gateway import answer, event, head, stream
from .test_edit import part
from .test_sandbox_responses import turn

pytestmark = pytest.mark.anyio

SIZE = Size(1024, 640)
SEED = "one-for-all"  # the sandbox paints the same picture for the same id, and then only once
TOKENS = output_tokens(1024, 640, "low")


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sandbox")) as started:
        yield started


class SandboxCaller:
    """Generates at the sandbox with one of its switches."""

    def __init__(self, gateway: Gateway, process: Running, folder: Path) -> None:
        self.gateway, self.folder, self.previews = gateway, folder, 0
        self.endpoint = Endpoint(base_url=process.url, api_key=KEY, is_private_allowed=True)
        self.received: Received | None = None

    async def __call__(self, switch: str, *, is_stream: bool = False, **more: Any) -> Reply:
        request = ImageRequest(
            prompt=f"a lighthouse sandbox:{switch}",
            size=more.pop("size", SIZE),
            quality="low",
            output_format=more.pop("output_format", "jpeg"),
            stream=is_stream,
            partial_images=2 if is_stream else 0,
            **more,
        )
        options: dict[str, Any] = {"endpoint": self.endpoint, "body_path": self.folder / switch}
        options["client_request_id"] = SEED
        timeouts = Timeouts(connect=5, deadline=30)
        self.received = await self.gateway.generate(
            request=request, timeouts=timeouts, on_partial=self.preview, **options
        )
        return await asyncio.to_thread(read_twice, read_reply, self.received, request=request)

    async def edit(self, switch: str, *, is_stream: bool = False, image_field: str = "image[]") -> Reply:
        source = ImageFile(format="png", byte_count=len(PNG), width=16, height=16)
        request = EditRequest(
            prompt=f"a lighthouse sandbox:{switch}",
            size=SIZE,
            quality="low",
            output_format="jpeg",
            images=(source,),
            stream=is_stream,
        )
        received = await self.gateway.edit(
            endpoint=self.endpoint,
            request=request,
            images=[part(PNG)],
            image_field=image_field,
            body_path=self.folder / switch,
            client_request_id=SEED,
        )
        return await asyncio.to_thread(read_twice, read_reply, received, request=request)

    async def failing(self, switch: str, **more: Any) -> GatewayError:
        with pytest.raises(GatewayError) as caught:
            await self(switch, **more)
        return caught.value

    async def preview(self, _base64: str, _index: int) -> None:
        self.previews += 1


@pytest.fixture
async def sandbox_caller(gateway: Gateway, process: Running, tmp_path: Path) -> SandboxCaller:
    return SandboxCaller(gateway, process, tmp_path)


def is_whole(reply: Reply, size: tuple[int, int] = (SIZE.width, SIZE.height)) -> bool:
    with Image.open(io.BytesIO(reply.picture)) as image:
        image.load()
        return image.size == size


@pytest.mark.parametrize("switch", ["url", "url-relative", "url-moved", "url-data", "url-too", "data-url", "b64-lines"])
async def test_quirk_01_a_picture_is_found_as_base64_or_behind_its_address(
    sandbox_caller: SandboxCaller, switch: str
) -> None:
    assert is_whole(await sandbox_caller(switch))


@pytest.mark.parametrize("switch", ["url-private", "url-redirect"])
async def test_quirk_01_an_address_inside_the_own_network_is_not_fetched(
    sandbox_caller: SandboxCaller, switch: str
) -> None:
    error = await sandbox_caller.failing(switch)
    assert isinstance(error, errors.PictureOutOfReach)
    assert error.maybe_billed


@pytest.mark.parametrize(
    "switch",
    ["no-usage", "zero-usage", "usage-negative", "usage-huge", "usage-nan", "usage-words", "usage-nested"],
)
async def test_quirk_02_a_usage_that_is_missing_or_nonsense_counts_as_none(
    sandbox_caller: SandboxCaller, switch: str
) -> None:
    reply = await sandbox_caller(switch)
    assert is_whole(reply)
    assert reply.usage is None


async def test_quirk_02_a_chat_shaped_usage_is_read_and_a_whole_is_never_less_than_it_says(
    sandbox_caller: SandboxCaller,
) -> None:
    for switch in ("chat-usage", "usage-parts"):
        usage = (await sandbox_caller(switch)).usage
        assert usage is not None
        assert (usage.output_tokens, usage.output_image_tokens) == (TOKENS, TOKENS)


@pytest.mark.parametrize(
    ("switch", "kind"),
    [
        ("error-200", errors.Unavailable),
        ("flat-200", errors.Unavailable),
        ("detail-200", errors.LateFailure),
        ("keepalive-error", errors.Unavailable),
        ("empty-data", errors.NoPicture),
        ("null-b64", errors.NoPicture),
        ("html-200", errors.ReplyUnreadable),
    ],
)
async def test_quirk_03_an_error_under_status_200_is_an_error(
    sandbox_caller: SandboxCaller, switch: str, kind: type[GatewayError]
) -> None:
    assert type(await sandbox_caller.failing(switch)) is kind


async def test_quirk_03_blanks_before_the_json_are_a_heartbeat(sandbox_caller: SandboxCaller) -> None:
    assert is_whole(await sandbox_caller("keepalive"))


@pytest.mark.parametrize(
    ("switch", "kind", "words"),
    [
        ("string-error", errors.RequestRefused, "prompt required"),
        ("balance", errors.QuotaSpent, "Insufficient account balance"),
        ("detail", errors.RequestRefused, "unsupported size"),
        ("detail-text", errors.RequestRefused, "The prompt is too long."),
        ("nested-message", errors.RequestRefused, "The prompt holds a forbidden word."),
        ("numeric-code", errors.RequestRefused, "the size is not supported"),
        ("azure-filter", errors.ContentRefused, "safety system"),
    ],
)
async def test_quirk_04_an_error_is_read_in_every_envelope(
    sandbox_caller: SandboxCaller, switch: str, kind: type[GatewayError], words: str
) -> None:
    error = await sandbox_caller.failing(switch)
    assert type(error) is kind
    assert words in error.detail
    assert "{" not in error.detail


@pytest.mark.parametrize(
    ("switch", "kind", "title"),
    [
        ("413", errors.RequestTooLarge, "413 Request Entity Too Large"),
        ("502-html", errors.LateFailure, "502 Bad Gateway"),
        ("504-html", errors.LateFailure, "504 Gateway Time-out"),
        ("503-html", errors.LateFailure, "503 Service Temporarily Unavailable"),
        ("520", errors.LateFailure, "520: Web server is returning an unknown error"),
        ("524", errors.LateFailure, "524: A timeout occurred"),
        ("challenge", errors.Challenged, "Just a moment..."),
    ],
)
async def test_quirk_05_of_a_proxys_page_status_and_title_are_all_that_is_kept(
    sandbox_caller: SandboxCaller, switch: str, kind: type[GatewayError], title: str
) -> None:
    error = await sandbox_caller.failing(switch)
    assert (type(error), error.detail) == (kind, title)


@pytest.mark.parametrize("switch", ["504-html", "524"])
async def test_quirk_06_a_proxys_timeout_may_have_been_billed_and_is_not_repeated(
    sandbox_caller: SandboxCaller, switch: str
) -> None:
    error = await sandbox_caller.failing(switch)
    assert error.maybe_billed
    assert not error.retryable


async def test_quirk_07_json_for_a_stream_and_a_stream_for_json_are_read_as_what_they_are(
    sandbox_caller: SandboxCaller,
) -> None:
    assert is_whole(await sandbox_caller("json-for-sse", is_stream=True))
    assert is_whole(await sandbox_caller("sse-for-json"))
    assert is_whole(await sandbox_caller("mislabelled"))
    assert is_whole(await sandbox_caller("mislabelled", is_stream=True))


@pytest.mark.parametrize(
    "switch",
    [
        "odd-stream",
        "comments",
        "nameless",
        "typeless",
        "in-lines",
        "odd-indexes",
        "bom",
        "crumbs",
        "open-end",
        "more-events",
        "late-header",
    ],
)
async def test_quirk_08_events_are_read_however_they_are_written(sandbox_caller: SandboxCaller, switch: str) -> None:
    assert is_whole(await sandbox_caller(switch, is_stream=True))
    assert sandbox_caller.previews == 2


async def test_quirk_08_a_line_of_fifty_megabytes_is_read(caller: Caller) -> None:
    picture = PNG + bytes(38_000_000)
    finished = event("image_generation.completed", b64_json=b64encode(picture).decode())
    assert (await caller.generate(stream(finished), timeouts=Timeouts())).picture == picture


@pytest.mark.parametrize("switch", ["no-completed", "empty-data"])
async def test_quirk_08_a_stream_without_a_finished_picture_is_no_success(
    sandbox_caller: SandboxCaller, switch: str
) -> None:
    assert (await sandbox_caller.failing(switch, is_stream=True)).maybe_billed


@pytest.mark.parametrize("switch", ["as-responses", "as-ark", "data-in-completed", "vllm-omni", "cliproxyapi"])
async def test_quirk_09_events_are_known_by_what_they_end_in_and_hold(
    sandbox_caller: SandboxCaller, switch: str
) -> None:
    assert is_whole(await sandbox_caller(switch, is_stream=True))


async def test_quirk_09_an_edit_may_speak_of_a_generation(sandbox_caller: SandboxCaller) -> None:
    assert is_whole(await sandbox_caller.edit("as-generations", is_stream=True))


async def test_quirk_10_a_gateway_that_reads_only_the_field_image_is_distinguished_from_one_that_refuses(
    sandbox_caller: SandboxCaller,
) -> None:
    with pytest.raises(errors.ImageFieldRefused):
        await sandbox_caller.edit("image-field")
    assert is_whole(await sandbox_caller.edit("image-field", image_field=PLAIN_IMAGE_FIELD))


async def test_quirk_11_what_the_bytes_say_wins_over_size_and_format_that_were_asked(
    sandbox_caller: SandboxCaller,
) -> None:
    assert is_whole(await sandbox_caller("rescale"), (768, 480))
    mislabelled = await sandbox_caller("wrong-format", output_format="webp")
    assert mislabelled.output_format == "webp"
    assert mislabelled.picture.startswith(b"\x89PNG")


async def test_quirk_12_auto_and_another_model_are_reported_as_the_gateway_does(sandbox_caller: SandboxCaller) -> None:
    reply = await sandbox_caller("downgraded")
    assert (reply.quality, reply.size, reply.model) == ("auto", "auto", "gpt-image-2-codex")


async def test_quirk_13_one_picture_is_asked_for_at_a_time(sandbox_caller: SandboxCaller) -> None:
    for switch in ("n-alone", "n-ignored"):
        assert len((await sandbox_caller(switch)).pictures) == 1


@pytest.mark.parametrize(
    ("switch", "options"),
    [
        ("lacks-output-format", {}),
        ("lacks-output-compression", {"output_compression": 60}),
        ("lacks-moderation", {"moderation": "low"}),
        ("lacks-background", {"background": "opaque"}),
        ("lacks-user", {"user": "somebody"}),
        ("lacks-stream", {"is_stream": True}),
        ("lacks-partial-images", {"is_stream": True}),
    ],
)
async def test_quirk_14_an_optional_parameter_that_is_refused_is_named_and_can_be_left_out(
    sandbox_caller: SandboxCaller, switch: str, options: dict[str, Any]
) -> None:
    error = await sandbox_caller.failing(switch, **options)
    assert isinstance(error, errors.ParameterRefused)
    assert not error.maybe_billed
    name = parameter_name(error.param or "")
    assert name == switch.removeprefix("lacks-").replace("-", "_")
    request = ImageRequest(
        prompt=f"a lighthouse sandbox:{switch}",
        size=SIZE,
        quality="low",
        output_format="jpeg",
        stream=options.pop("is_stream", False),
        **options,
    )
    reduced = request.without(name)
    assert reduced is not None
    assert name not in reduced.to_wire()
    path = sandbox_caller.folder / "reduced"
    received = await sandbox_caller.gateway.generate(
        endpoint=sandbox_caller.endpoint, request=reduced, body_path=path, client_request_id=SEED
    )
    assert is_whole(await asyncio.to_thread(read_twice, read_reply, received))


def test_quirk_14_what_gateways_reject_most_is_never_sent_idly() -> None:
    wire = ImageRequest(prompt="x").to_wire()
    assert not {"response_format", "input_fidelity", "style", "output_compression", "moderation", "user"} & set(wire)
    assert "output_compression" not in ImageRequest(prompt="x", output_compression=50).to_wire()


async def test_quirk_15_a_pool_that_cannot_draw_is_the_gateways_fault(sandbox_caller: SandboxCaller) -> None:
    error = await sandbox_caller.failing("no-tool")
    assert type(error) is errors.CannotDraw
    assert error.may_succeed_elsewhere
    assert not error.maybe_billed


async def test_quirk_16_a_502_that_hides_a_refusal_is_believed_only_when_it_is_early(
    sandbox_caller: SandboxCaller,
) -> None:
    assert type(await sandbox_caller.failing("502")) is errors.Unavailable
    late = await sandbox_caller.failing("502-no-output")
    assert type(late) is errors.LateFailure
    assert late.maybe_billed


async def test_quirk_17_an_outage_of_all_accounts_may_be_over_soon_or_elsewhere(sandbox_caller: SandboxCaller) -> None:
    error = await sandbox_caller.failing("503")
    assert (error.retryable, error.may_succeed_elsewhere, error.maybe_billed) == (True, True, False)


@pytest.mark.parametrize(
    ("switch", "kind", "seconds"),
    [
        ("429", errors.RateLimited, 2),
        ("429-busy", errors.RateLimited, 1),
        ("429-usage", errors.WindowUsedUp, 3600),
        ("429-quota", errors.QuotaSpent, None),
    ],
)
async def test_quirk_18_each_meaning_of_429_has_its_error(
    sandbox_caller: SandboxCaller, switch: str, kind: type[GatewayError], seconds: int | None
) -> None:
    error = await sandbox_caller.failing(switch)
    assert (type(error), error.retry_after) == (kind, seconds)


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/", "/v1/images", "/v1/images/generations"])
async def test_quirk_19_the_base_address_is_understood_in_every_form(
    sandbox_caller: SandboxCaller, ending: str
) -> None:
    base = sandbox_caller.endpoint.base_url.removesuffix("/v1")
    sandbox_caller.endpoint = Endpoint(base_url=base + ending, api_key=KEY, is_private_allowed=True)
    assert type(await sandbox_caller.failing("429")) is errors.RateLimited


async def test_quirk_19_a_redirect_is_never_followed_with_the_key(sandbox_caller: SandboxCaller) -> None:
    assert type(await sandbox_caller.failing("redirect")) is errors.Redirected


async def test_quirk_20_a_compressed_reply_is_read_with_and_without_a_stream(sandbox_caller: SandboxCaller) -> None:
    assert is_whole(await sandbox_caller("gzip"))
    assert is_whole(await sandbox_caller("gzip", is_stream=True))


async def test_quirk_20_a_compressed_error_is_read_too(caller: Caller) -> None:
    body = gzip.compress(json.dumps({"error": {"message": "no", "code": "moderation_blocked"}}).encode())
    with pytest.raises(errors.ContentRefused):
        await caller.generate(answer(body, status=400, **{"content-encoding": "gzip"}))


async def test_quirk_20_a_body_without_a_length_ends_with_its_connection(caller: Caller) -> None:
    body = json.dumps({"data": [{"b64_json": PNG_64}]}).encode()
    assert (await caller.generate([head(200, {"content-type": "application/json"}), body])).picture == PNG


async def test_quirk_21_a_revised_prompt_is_kept_where_there_is_one(sandbox_caller: SandboxCaller) -> None:
    assert (await sandbox_caller("revised")).revised_prompt == "A picture, kindly revised."
    assert (await sandbox_caller("nameless")).revised_prompt is None


async def test_quirk_22_chinese_is_understood_and_secrets_are_taken_out(sandbox_caller: SandboxCaller) -> None:
    assert type(await sandbox_caller.failing("refused-audit")) is errors.ContentRefused
    leak = await sandbox_caller.failing("502-leak")
    assert not any(secret in leak.detail for secret in ("sk-leaked", "ops@example.com", "iVBORw0KGgo"))
    assert len(leak.detail) <= 2000


async def test_quirk_23_a_refusal_in_text_is_read_as_one(sandbox_caller: SandboxCaller) -> None:
    path = sandbox_caller.folder / "said"
    for switch in ("refusal", "text-only"):
        request = turn(f"a lighthouse sandbox:{switch}", is_stream=False)
        received = await sandbox_caller.gateway.respond(
            endpoint=sandbox_caller.endpoint, request=request, body_path=path
        )
        reply = await asyncio.to_thread(read_twice, read_response, received)
        assert reply.pictures == ()
        assert bool(reply.refusal) == (switch == "refusal")
        assert reply.refusal or reply.text


async def test_quirk_24_a_request_id_inside_a_message_is_found(caller: Caller) -> None:
    body = {"error": {"message": "boom (request id: 2026112520173012345abc)", "type": "new_api_error"}}
    with pytest.raises(GatewayError) as caught:
        await caller.generate(answer(body, status=400))
    assert caught.value.request_id == "2026112520173012345abc"
    with pytest.raises(GatewayError) as caught:
        await caller.generate(answer(body, status=400, **{"x-request-id": "from-the-header"}))
    assert caught.value.request_id == "from-the-header"


# ── The servers of §7 ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_server_openai_draws_streams_and_counts(sandbox_caller: SandboxCaller) -> None:
    for is_stream in (False, True):
        reply = await sandbox_caller("slow", is_stream=is_stream)
        assert is_whole(reply)
        assert reply.usage is not None
        assert reply.usage.output_tokens == TOKENS + 200 * is_stream


async def test_server_azure_draws_no_webp_and_is_shown_its_key_in_its_own_header(
    sandbox_caller: SandboxCaller, caller: Caller
) -> None:
    assert type(await sandbox_caller.failing("azure", output_format="webp")) is errors.RequestRefused
    assert is_whole(await sandbox_caller("azure"))
    azure = Endpoint(base_url="https://studio.openai.azure.com/openai/v1/", api_key=KEY)
    assert azure.credentials == {"Authorization": f"Bearer {KEY}", "api-key": KEY}
    assert Endpoint(base_url="https://azure.com.example.org", api_key=KEY).credentials == {
        "Authorization": f"Bearer {KEY}"
    }


async def test_server_litellm_counts_as_a_chat_does_and_says_what_it_cost(sandbox_caller: SandboxCaller) -> None:
    reply = await sandbox_caller("litellm")
    assert reply.usage is not None
    assert sandbox_caller.received is not None
    assert sandbox_caller.received.reported_cost == Decimal("0.0031")
    await sandbox_caller("cost-nonsense")
    assert sandbox_caller.received.reported_cost is None


async def test_server_new_api_fakes_its_events_and_marks_their_end(sandbox_caller: SandboxCaller) -> None:
    assert is_whole(await sandbox_caller("new-api", is_stream=True))
    assert is_whole(await sandbox_caller.edit("new-api", is_stream=True))


async def test_server_cliproxyapi_says_little(sandbox_caller: SandboxCaller) -> None:
    reply = await sandbox_caller("cliproxyapi", is_stream=True)
    assert is_whole(reply)
    assert (reply.size, reply.quality) == (None, None)


async def test_server_chatgpt2api_draws_what_it_likes_and_hands_out_addresses(sandbox_caller: SandboxCaller) -> None:
    assert is_whole(await sandbox_caller("chatgpt2api"), (768, 480))


async def test_server_localai_hands_out_addresses_and_streams_nothing(sandbox_caller: SandboxCaller) -> None:
    for is_stream in (False, True):
        reply = await sandbox_caller("localai", is_stream=is_stream)
        assert is_whole(reply)
        assert reply.usage is None


async def test_server_stable_diffusion_cpp_counts_and_streams_nothing(sandbox_caller: SandboxCaller) -> None:
    for is_stream in (False, True):
        reply = await sandbox_caller("sd-server", is_stream=is_stream)
        assert is_whole(reply)
        assert reply.usage is None


async def test_server_vllm_omni_has_null_keys_and_chunks_of_its_own(sandbox_caller: SandboxCaller) -> None:
    for is_stream in (False, True):
        assert is_whole(await sandbox_caller("vllm-omni", is_stream=is_stream))
