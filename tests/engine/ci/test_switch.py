"""The switch: told with counts and nothing else, and never by an open line."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from engine.report.morning import believable
from trueup.ci import switch
from trueup.errors import CiError, ConfigError


class Heard:
    """What a switch heard, and how it answers."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.statuses: list[int] = []
        self.url = ""


@pytest.fixture
def heard() -> Iterator[Heard]:
    found = Heard()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

        def do_POST(self) -> None:
            found.said.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(found.statuses.pop(0) if found.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        found.url = f"http://127.0.0.1:{server.server_address[1]}/secret-path"
        yield found
        server.shutdown()


def test_it_hears_counts_and_no_row(heard: Heard) -> None:
    run = believable()

    told = switch.ping(heard.url, run)

    [said] = heard.said
    assert said["violated"] == len([r for r in run.records if r.verdict == "violated"]) > 0
    assert (said["verdict"], said["run"]) == ("violated", run.id)
    assert "secret-path" not in told
    assert not [key for one in run.records for key in one.keys if key in json.dumps(said)]


def test_it_is_told_again_where_it_was_busy(heard: Heard) -> None:
    heard.statuses = [503, 503]
    switch.ping(heard.url, believable())
    assert len(heard.said) == 3


def test_a_switch_that_does_not_take_it_is_said_without_its_address(heard: Heard) -> None:
    heard.statuses = [404] * 3
    with pytest.raises(CiError, match="did not take it: status 404, 3 times") as told:
        switch.ping(heard.url, believable())
    assert "secret-path" not in str(told.value)


def test_an_open_line_is_refused() -> None:
    with pytest.raises(ConfigError, match="is not https"):
        switch.ping("http://switch.example/secret", believable())
