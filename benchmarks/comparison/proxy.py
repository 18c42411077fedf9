"""A proxy on loopback that counts connections and round trips, and makes the way longer."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from msgspec import Struct

HOST = "127.0.0.1"
CHUNK = 1 << 16


class Counted(Struct):
    """
    What went through since it was last set to nothing.

    A turn is a client that speaks after the server did: it waited for an answer.
    """

    connections: int = 0
    turns: int = 0

    def clear(self) -> None:
        """Count from nothing again."""
        self.connections = self.turns = 0


class Proxy:
    """
    Hands on to one server; each byte arrives half a round trip after it was sent.

    What is under way does not hold up what follows: a way is longer, and not narrower.
    """

    def __init__(self, port: int, rtt: float) -> None:
        self.counted = Counted()
        self._port = port
        self._half = rtt / 2

    async def serve(self) -> asyncio.Server:
        """Listen on a port of its own."""
        return await asyncio.start_server(self._joined, HOST, 0)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counted.connections += 1
        heard, said = await asyncio.open_connection(HOST, self._port)
        server_spoke = [True]

        def sent() -> None:
            self.counted.turns += server_spoke[0]
            server_spoke[0] = False

        def answered() -> None:
            server_spoke[0] = True

        with suppress(asyncio.CancelledError):  # which asyncio would print
            there, back = self._pump(reader, said, sent), self._pump(heard, writer, answered)
            await asyncio.gather(there, back)

    async def _pump(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        passing: Callable[[], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        arriving = loop.create_task(_arrive(under_way, target))
        chunk = b"-"
        while chunk:
            try:
                chunk = await source.read(CHUNK)
            except ConnectionError:
                chunk = b""
            if chunk:
                passing()
            under_way.put_nowait((loop.time() + self._half, chunk))
        await arriving


async def _arrive(
    under_way: asyncio.Queue[tuple[float, bytes]], target: asyncio.StreamWriter
) -> None:
    """Write each chunk when it is due; nothing at all is the end."""
    loop = asyncio.get_running_loop()
    while True:
        due, chunk = await under_way.get()
        if (early := due - loop.time()) > 0:
            await asyncio.sleep(early)
        if not chunk:
            target.close()
            return
        target.write(chunk)


@contextmanager
def between(url: str, rtt: float = 0.0) -> Iterator[tuple[str, Counted]]:
    """Give the URL that leads through a proxy, and what it counts; `rtt` is in seconds."""
    parts = urlsplit(url)
    proxy = Proxy(parts.port or 5432, rtt)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(proxy.serve(), loop).result()
    port = server.sockets[0].getsockname()[1]
    login = parts.netloc.rpartition("@")[0]
    try:
        yield parts._replace(netloc=f"{login}@{HOST}:{port}").geturl(), proxy.counted
    finally:
        asyncio.run_coroutine_threadsafe(_ended(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _ended(server: asyncio.Server) -> None:
    """Listen no more, and leave nothing under way, of which asyncio would speak in the end."""
    server.close()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
