"""How one call is sent, and where its reply is stored."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .endpoint import Endpoint, Timeouts
from .exchange import Exchange
from .response_reader import ResponseReader


@dataclass(frozen=True)
class CallOptions:
    """What all steps of one call share; `on_sent` is called once the request has left."""

    endpoint: Endpoint
    body_path: Path
    timeouts: Timeouts
    request_id: str
    on_sent: Callable[[], None] | None
    is_stream: bool = False
    is_upload: bool = False

    def new_exchange(self, reader: ResponseReader) -> Exchange:
        return Exchange(
            reader,
            timeouts=self.timeouts,
            secret=self.endpoint.api_key,
            on_sent=self.on_sent,
            is_upload=self.is_upload,
        )
