"""Reads a complete response from its file: words, pictures and what each of the two models used."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from studio.images import ResponseRequest, TextUsage, Usage

from .complaint import Complaint, loads
from .errors import ConnectionCut, ReplyUnreadable, StorageFailed
from .findings import read_cost_of
from .reply import decode_base64, events_of, nature_of
from .sniff import Nature
from .transcript import Decode, Transcript
from .verdict import verdict


@dataclass(frozen=True, kw_only=True)
class ResponseReply:
    """What one response says and shows; what the gateway claims is None where it is silent.

    `usage` is the tool's, `text_usage` the main model's; `revised_prompts` go with `pictures`, `model` is the main
    model. With no picture, `text` or `refusal` says what there is instead, and `has_called` whether the model called
    its tool; `incomplete_reason` says why the response breaks off, `is_whole` that its end has come. `reported_cost` is
    what the body says the call cost, in USD, words and pictures together.
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
    has_called: bool = False
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
        """What the model made of the words for its first picture."""
        return next((prompt for prompt in self.revised_prompts if prompt), None)


def read_response(path: Path, *, asked: ResponseRequest | None = None) -> ResponseReply:
    """Read a whole response (JSON or event stream) from disk; blocking.

    What was `asked` says how to read a usage without details: input beside pictures counts as image. Raises
    NoPicture where there are neither pictures nor words, ConnectionCut, or what the gateway complained about.
    """
    try:
        nature = nature_of(path)
        if nature not in ("events", "json", "picture"):
            raise ConnectionCut("the reply is empty") if nature == "blank" else ReplyUnreadable(nature)
        transcript = _transcript_of(path, nature)
    except OSError as error:
        raise StorageFailed(type(error).__name__, maybe_billed=True) from None
    if not transcript.has_answer:
        raise transcript.missing()
    return _reply(transcript, asked)


def read_json_response(path: Path, *, decode: Decode | None = None) -> tuple[Transcript, Complaint | None]:
    """The response in a file with a JSON body (blocking), and what it complains about if it holds no answer.

    Raises ConnectionCut where the JSON breaks off.
    """
    value = loads(str(path.read_bytes(), "utf-8", "replace"))
    if value is None:
        raise ConnectionCut("the reply's JSON breaks off")
    transcript = Transcript(decode=decode)
    return transcript, transcript.take_body(value)


def _transcript_of(path: Path, nature: Nature) -> Transcript:
    complaint: Complaint | None = None
    transcript = Transcript(decode=decode_base64)
    if nature == "picture":
        transcript.take_picture(path.read_bytes())
    elif nature == "json":
        transcript, complaint = read_json_response(path, decode=decode_base64)
    else:
        for event in events_of(path):
            complaint = complaint or transcript.take_event(event).complaint
            if complaint and not transcript.has_answer:
                break
    if complaint and not transcript.has_answer:
        raise verdict(status=200, complaint=complaint, has_drawn=transcript.has_cost)
    return transcript


def _reply(transcript: Transcript, asked: ResponseRequest | None) -> ResponseReply:
    drawn = [one for one in transcript.drawn.values() if one.picture]
    facts = vars(drawn[0].facts) if drawn else {}
    return ResponseReply(
        text=transcript.text,
        pictures=tuple(one.picture for one in drawn),
        revised_prompts=tuple(one.revised_prompt for one in drawn),
        usage=Usage.from_wire(transcript.image_usage, is_edit=bool(asked and asked.pictures)),
        text_usage=TextUsage.from_wire(transcript.usage),
        response_id=transcript.response_id or None,
        model=transcript.model or None,
        refusal=transcript.refusal or None,
        incomplete_reason=transcript.incomplete_reason or None,
        is_whole=transcript.is_complete,
        has_called=transcript.has_called,
        reported_cost=read_cost_of({"usage": transcript.usage}),
        **{name: facts.get(name) for name in ("size", "quality", "output_format", "background")},
    )
