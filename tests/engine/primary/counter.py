"""A service on loopback that keeps what it was asked, and answers as it is told to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from msgspec import Struct, field


class Request(Struct, frozen=True):
    """What arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


class Counter(Struct):
    """The service: `answers` are given in turn, the last for ever; None hangs up instead."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)
    answers: list[tuple[int, dict[str, Any]] | None] = field(
        default_factory=lambda: [(200, {"id": "made_1"})]
    )

    def answer(self, request: Request) -> tuple[int, dict[str, Any]] | None:
        """Note what was asked, and choose the answer."""
        self.requests.append(request)
        key = request.headers.get("idempotency-key", f"none {len(self.requests)}")
        self.made[key] = self.made.get(key, 0) + 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def asked(self) -> list[str]:
        """Method and path of all that arrived."""
        return [f"{one.method} {one.path}" for one in self.requests]


@contextmanager
def counter() -> Iterator[Counter]:
    """A service for as long as the block lasts."""
    found = Counter()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(length).decode()
            answer = found.answer(Request(self.command, self.path, headers, body))
            if answer is None:
                self.close_connection = True
                return
            status, said = answer
            text = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            for name, value in said.get("headers", {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  # as http.server calls them

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
