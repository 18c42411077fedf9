"""A proxy of ours on loopback, between the suite and a server, that misbehaves when it is told."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import repeat
from threading import Event, Thread
from time import sleep
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct, field

AT_ONCE = struct.pack("ii", 1, 0)
"""Linger for no time at all: closing the socket sends a reset."""


class Proxy(Struct):
    """
    Forwards, and counts who came.

    `refusals` is what the next comers get instead of the server: bytes, and then the end; no
    bytes are a reset. `cut_after` ends a connection once the server has sent that many bytes.
    `dark` swallows everything both ways; `answers` holds the server's first answer back while it
    is not set. `delays` are the seconds for which each answer is held back.
    """

    server: tuple[str, int]
    listener: socket.socket
    refusals: list[bytes] = field(default_factory=list)
    came: int = 0
    cut_after: int | None = None
    dark: bool = False
    delays: Iterator[float] = field(default_factory=lambda: repeat(0.0))
    answers: Event = field(default_factory=Event)
    open: list[socket.socket] = field(default_factory=list)

    def url(self, url: str) -> str:
        """The same URL by way of the proxy."""
        parts = urlsplit(url)
        login = parts.netloc.rpartition("@")[0]
        port = self.listener.getsockname()[1]
        return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{port}"))

    def reset(self) -> None:
        """End every connection the hard way."""
        for end in self.open:
            _reset(end)
        self.open.clear()

    def serve(self) -> None:
        """Take whoever comes, until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.came += 1
                Thread(target=self._take, args=[client], daemon=True).start()

    def _take(self, client: socket.socket) -> None:
        if self.refusals:
            self._refuse(client, self.refusals.pop(0))
            return
        server = socket.create_connection(self.server)
        self.open += [client, server]
        Thread(target=self._up, args=[client, server], daemon=True).start()
        self._down(client, server)

    def _refuse(self, client: socket.socket, words: bytes) -> None:
        with suppress(OSError):
            if words:
                client.recv(8192)
                client.sendall(words)
                client.close()
        _reset(client)

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if not self.dark:
                    server.sendall(data)
        _reset(server)

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        sent = 0
        with suppress(OSError):
            while data := server.recv(65536):
                self.answers.wait()
                sleep(next(self.delays))
                sent += len(data)
                if self.cut_after is not None and sent > self.cut_after:
                    client.sendall(data[: len(data) // 2])
                    break
                if not self.dark:
                    client.sendall(data)
        _reset(client)


def _reset(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def between(url: str) -> Iterator[Proxy]:
    """Put a proxy before the server of a URL."""
    parts = urlsplit(url)
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy((parts.hostname or "", parts.port or 5432), listener)
    proxy.answers.set()
    Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.answers.set()
        listener.close()
        proxy.reset()


def refusal(sqlstate: str, words: str) -> bytes:
    """What a server sends that ends a connection: an ErrorResponse of the protocol, version 3."""
    fields = f"SFATAL\0VFATAL\0C{sqlstate}\0M{words}\0\0".encode()
    return b"E" + struct.pack("!i", len(fields) + 4) + fields
