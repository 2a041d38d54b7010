"""A TCP relay between a browser and a studio that can fall silent as a lost network does: nothing is closed."""

import asyncio
import contextlib
import threading
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


class Relay:
    """Forwards what comes to `address` to the studio at `target`, between `with` and its end."""

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target)
        self.loop = asyncio.new_event_loop()
        self.open: set[Connection] = set()
        self.never = ""

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.server = self._on_loop(asyncio.start_server(self._join, "127.0.0.1", 0))
        self.address = f"http://localhost:{self.server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._on_loop(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def stall(self, path: str, *, for_good: bool = False) -> int:
        """Forward nothing more over the connections on which `path` was asked for last; how many these are.

        `for_good` lets nobody have that path again.
        """
        self.never = path if for_good else ""
        return int(self._on_loop(self._stall(path)))

    def _on_loop(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    async def _stall(self, path: str) -> int:
        stalled = [one for one in self.open if one.path.startswith(path) and not one.is_stalled]
        for one in stalled:
            one.is_stalled = True
        return len(stalled)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, writer)
        self.open.add(connection)
        try:
            far_reader, far_writer = await asyncio.open_connection(self.target.hostname, self.target.port)
            await asyncio.gather(
                connection.pump(reader, far_writer, is_request=True), connection.pump(far_reader, writer)
            )
        except OSError:
            writer.close()
        finally:
            self.open.discard(connection)

    async def _close(self) -> None:
        self.server.close()
        for connection in self.open:
            connection.writer.transport.abort()
        tasks = [task for task in asyncio.all_tasks(self.loop) if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Connection:
    """One of the browser's connections; a stalled one stays open and swallows whatever comes."""

    def __init__(self, relay: Relay, writer: asyncio.StreamWriter) -> None:
        self.relay = relay
        self.writer = writer
        self.path = ""
        self.is_stalled = False

    async def pump(self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, *, is_request: bool = False) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                if is_request and (head := data.split(b"\r\n", 1)[0]).endswith(b"HTTP/1.1"):
                    self.path = head.split(b" ")[1].decode()
                    self.is_stalled = bool(self.relay.never) and self.path.startswith(self.relay.never)
                if not self.is_stalled:
                    to.write(data)
                    await to.drain()
        if not self.is_stalled or is_request:  # the browser's own end of it is an end
            to.close()
