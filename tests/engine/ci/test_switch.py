"""The switch and the channel: told with no row of anybody's, and never by an open line."""

import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from msgspec.structs import replace

from engine.report.morning import believable
from engine.report.runs import record, run, stuck
from trueup.ci import channel, switch
from trueup.errors import CiError, ConfigError
from trueup.history.compared import compared
from trueup.history.past import remembered
from trueup.model.run import Record, Run
from trueup.model.verdict import Verdict


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


def after(records: Sequence[Record], *earlier: Sequence[Record]) -> Run:
    """A run that remembers earlier ones, the oldest of which comes first."""
    runs = [run(found, id=f"{place}-run") for place, found in enumerate(earlier)]
    return remembered(run(records, id="9-run"), compared(reversed(runs)))


def test_the_channel_hears_of_what_is_new(heard: Heard) -> None:
    found = after([stuck(12)], [record(stuck(1).name)])

    told = channel.tell(heard.url, found, "https://github.example/run")

    [said] = heard.said
    assert "secret-path" not in told
    assert "New" in json.dumps(said["blocks"])
    assert "https://github.example/run" in json.dumps(said)
    assert not [key for key in found.records[0].keys if key in json.dumps(said)]


def test_the_channel_hears_of_what_was_resolved(heard: Heard) -> None:
    channel.tell(heard.url, after([record(stuck(1).name)], [stuck(12)]), "")
    assert "Resolved" in json.dumps(heard.said)


def test_the_channel_is_not_told_what_it_knows(heard: Heard) -> None:
    for records in ([stuck(12)], [record("all_is_well")]):
        assert channel.tell(heard.url, after(records, records), "") == channel.QUIET
    assert heard.said == []


def test_what_is_found_in_maintenance_is_no_news(heard: Heard) -> None:
    window = replace(stuck(12), maintenance="tuesday 02:00-04:00 UTC")
    assert channel.tell(heard.url, after([window], [record(window.name)]), "") == channel.QUIET


def test_a_system_that_went_dark_is_news_once(heard: Heard) -> None:
    dark = record("all_is_well", Verdict.UNKNOWN, reason="the replica is stale")
    found = after([dark], [record("all_is_well")])
    gone = replace(found, systems=tuple(replace(s, reason="stale") for s in found.systems))
    still = after([dark], [dark])

    assert channel.tell(heard.url, gone, "") != channel.QUIET
    again = replace(still, systems=gone.systems)
    assert channel.tell(heard.url, again, "") == channel.QUIET
