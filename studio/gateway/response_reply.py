"""Reads a complete reply of the Responses API: text, pictures and what each of the two models used."""

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from studio.images import ResponseRequest, TextUsage, Usage

from .content_type import ContentType, detect_file_type
from .error_body import ErrorBody
from .error_classification import classify_error
from .errors import ConnectionCut, GatewayError, ReplyUnreadable, StorageFailed
from .image_extraction import MAX_PICTURES, cost_in_body
from .lenient_json import parse_json
from .picture_base64 import decode_base64
from .received import Received
from .sse import events_in_file
from .transcript import GeneratedPicture, Transcript


@dataclass(frozen=True, kw_only=True)
class ResponseReply:
    """The text and pictures of one response; what the gateway claims is None where it is silent.

    `usage` is the tool's, `text_usage` the main model's; `revised_prompts` go with `pictures`, `model` is the main
    model. Without a picture, `text` or `refusal` holds the answer, and `has_called_tool` says whether the model called
    its tool; `incomplete_reason` says why the response breaks off, `is_whole` that its end has come. `reported_cost` is
    the cost in USD that the body reports, text and pictures together.
    """

    text: str
    pictures: tuple[bytes, ...]
    revised_prompts: tuple[str | None, ...]
    usage: Usage | None = None
    text_usage: TextUsage | None = None
    response_id: str | None = None
    model: str | None = None
    refusal: str | None = None
    incomplete_reason: str | None = None
    is_whole: bool = True
    has_called_tool: bool = False
    size: str | None = None
    quality: str | None = None
    output_format: str | None = None
    background: str | None = None
    reported_cost: Decimal | None = None

    @property
    def picture(self) -> bytes | None:
        """The first picture, where there is one."""
        return self.pictures[0] if self.pictures else None

    @property
    def revised_prompt(self) -> str | None:
        """The prompt that the model wrote for its first picture."""
        return next((prompt for prompt in self.revised_prompts if prompt), None)


def read_response(
    path: Path, *, request: ResponseRequest | None = None, received: Received | None = None
) -> ResponseReply:
    """Read a whole response (JSON or event stream); blocking.

    `received` hands on what the call has parsed already; without it, or when it was read before, the file is parsed.
    A usage without details is read by the `request`: input beside pictures counts as image. Raises NoPicture where
    there are neither pictures nor text, ConnectionCut, or the error in the response.
    """
    for transcript in received.take_parsed(Transcript) if received else ():
        if (pictures := _decoded_pictures(transcript)) is not None:
            return _reply(transcript, pictures, request)
    try:
        content_type = detect_file_type(path)
        if content_type not in ("events", "json", "picture"):
            raise ConnectionCut("the reply is empty") if content_type == "blank" else ReplyUnreadable(content_type)
        transcript = _transcript_in_file(path, content_type)
    except OSError as error:
        raise StorageFailed(type(error).__name__, maybe_billed=True) from None
    if not transcript.has_answer:
        missing = transcript.missing_answer_error()
        transcript.add_bill(missing)
        raise missing
    return _reply(transcript, list(transcript.pictures.values()), request)


def add_json_file(transcript: Transcript, path: Path) -> ErrorBody | None:
    """Add the response in a file with a JSON body (blocking); return its error where it holds no answer.

    Raises ConnectionCut where the JSON breaks off.
    """
    value = parse_json(str(path.read_bytes(), "utf-8", "replace"))
    if value is None:
        raise ConnectionCut("the reply's JSON breaks off")
    return transcript.add_body(value)


def _transcript_in_file(path: Path, content_type: ContentType) -> Transcript:
    error_body: ErrorBody | None = None
    transcript = Transcript(decode=decode_base64)
    if content_type == "picture":
        transcript.add_bare_picture(path.read_bytes())
    elif content_type == "json":
        error_body = add_json_file(transcript, path)
    else:
        for event in events_in_file(path):
            error_body = error_body or transcript.add_event(event).error_body
            if error_body and not transcript.has_answer:
                break
    if error_body and not transcript.has_answer:
        error = classify_error(status=200, error_body=error_body, has_output=transcript.has_cost)
        transcript.add_bill(error)
        raise error
    return transcript


def _decoded_pictures(transcript: Transcript) -> list[GeneratedPicture] | None:
    """The pictures of a transcript that kept their base64; None where only the file can tell which of them count."""
    found: list[GeneratedPicture] = []
    if len(transcript.pictures) == MAX_PICTURES:
        return None
    for picture in transcript.pictures.values():
        try:
            data = decode_base64(picture.base64)
        except GatewayError:
            return None
        if not data:
            return None
        if all(one.data != data for one in found):
            found.append(replace(picture, data=data, base64=""))
    return found


def _reply(transcript: Transcript, pictures: list[GeneratedPicture], request: ResponseRequest | None) -> ResponseReply:
    facts = vars(pictures[0].facts) if pictures else {}
    return ResponseReply(
        text=transcript.text,
        pictures=tuple(picture.data for picture in pictures),
        revised_prompts=tuple(picture.revised_prompt for picture in pictures),
        usage=Usage.from_wire(transcript.image_usage, is_edit=bool(request and request.pictures)),
        text_usage=TextUsage.from_wire(transcript.usage),
        response_id=transcript.response_id or None,
        model=transcript.model or None,
        refusal=transcript.refusal or None,
        incomplete_reason=transcript.incomplete_reason or None,
        is_whole=transcript.is_complete,
        has_called_tool=transcript.has_called_tool,
        reported_cost=cost_in_body({"usage": transcript.usage}),
        **{name: facts.get(name) for name in ("size", "quality", "output_format", "background")},
    )
