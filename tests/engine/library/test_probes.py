"""Probes against a site that answers as it is told, with its errors."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine.library.outcomes import planned
from trueup.evaluate import evaluate
from trueup.library import (
    every_path_answers,
    no_path_is_switched_off,
    no_secret_is_served_to_browsers,
    responses_are_fast,
    the_api_allows_our_pages,
    the_service_is_healthy,
)
from trueup.model.change import Steps
from trueup.model.invariant import Invariant
from trueup.model.verdict import Outcome, Verdict
from trueup.readers.http import probe
from trueup.readers.http.address import Address
from trueup.readers.http.probe import Http

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
HEALTHY = {"status": "ok", "environment": "production", "timestamp": "2026-11-02T11:59:30Z"}
EXPECT = {"status": "ok", "environment": "production"}
ORIGIN = "https://site.example"


class Site(ThreadingHTTPServer):
    """Answers by path: status, headers, body; anything else is not found."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, tuple[int, dict[str, str], str]] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.goes_on = threading.Event()
        self.goes_on.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def says(self, path: str, body: object, status: int = 200, **headers: str) -> None:
        """Answer a path with JSON, or with text as it is."""
        text = body if isinstance(body, str) else json.dumps(body)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (status, given, text)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        self.server.goes_on.wait()
        status, headers, text = self.server.answers.get(self.path, (404, {}, ""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    do_OPTIONS = do_GET  # noqa: N815  # the library's name

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def site() -> Iterator[Site]:
    """A site that is healthy."""
    found = Site()
    found.says("/health", HEALTHY)
    threading.Thread(target=found.serve_forever, args=(0.02,), daemon=True).start()
    yield found
    found.goes_on.set()
    found.shutdown()
    found.server_close()


@pytest.fixture
def asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Outcome]]:
    """The verdict of a probe, without any database."""
    monkeypatch.setattr(probe, "PAUSE", 0.0)
    http = Http(named(api=site.url, site=ORIGIN, pages=site.url))

    def outcome(invariant: Invariant, **addresses: str) -> Outcome:
        adopted = invariant.named("app", "test_it", Path(__file__))
        given = Http(named(**addresses), timeout=0.2) if addresses else http
        return evaluate(adopted, {"http": given, "settings": {}, "now": NOW})

    yield outcome
    http.close()


def named(**urls: str) -> dict[str, Address]:
    """Addresses without keys."""
    return {name: Address(url=url) for name, url in urls.items()}


def healthy() -> Invariant:
    """What the service must say of itself."""
    return the_service_is_healthy("api", expect=EXPECT, fresh="timestamp")


def trouble(outcome: Outcome) -> object:
    """What the one violation says."""
    [violation] = outcome.violations
    return violation["trouble"]


def test_a_healthy_service_holds_and_one_address_was_judged(asked) -> None:
    outcome = asked(healthy())

    assert outcome.verdict is Verdict.HOLDS
    assert outcome.judged == {"probes": 1}


def test_a_violation_is_named_by_its_address_wherever_that_is(site: Site, asked) -> None:
    site.says("/health", "down", 500)

    [unwell] = asked(healthy()).violations
    [slow] = asked(responses_are_fast("api", seconds=0.0)).violations

    assert (unwell.key, slow.key) == (("api",), ("api",))
    assert unwell["url"] == slow["url"] == f"{site.url}/health"


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (HEALTHY, 500, "status 500"),
        ({**HEALTHY, "status": "degraded"}, 200, "its answer has not the expected status"),
        ({**HEALTHY, "environment": "staging"}, 200, "not the expected environment"),
        ("<html>", 200, "not the expected status, environment"),
        ({**HEALTHY, "timestamp": "2026-11-02T11:54:59Z"}, 200, "its timestamp is 0:05:01 off"),
        ({**HEALTHY, "timestamp": "soon"}, 200, "its answer has no time in timestamp"),
    ],
)
def test_a_service_that_is_not_well_is_named(
    site: Site, asked, answer: object, status: int, said: str
) -> None:
    site.says("/health", answer, status)

    outcome = asked(healthy())

    assert said in str(trouble(outcome))
    assert isinstance(planned("look_into_outage", outcome)[0], Steps)


@pytest.mark.parametrize(
    ("body", "headers"), [({"retryAfter": 60}, {}), ("closed", {"Retry_After": "60"})]
)
def test_maintenance_that_says_so_is_no_failure(
    site: Site, asked, body: object, headers: dict[str, str]
) -> None:
    site.says("/health", body, 503, **headers)

    outcome = asked(healthy())

    assert outcome.verdict is Verdict.NOT_APPLICABLE
    assert "in maintenance; come again in 60" in outcome.reason


def test_a_503_that_does_not_say_so_is_one(site: Site, asked) -> None:
    site.says("/health", "down", 503)

    assert trouble(asked(healthy())) == "status 503"


def test_nobody_there_is_unknown_after_three_times(asked) -> None:
    outcome = asked(healthy(), api="http://127.0.0.1:9")

    assert outcome.verdict is Verdict.UNKNOWN
    assert "http://127.0.0.1:9/health does not answer: ConnectError, 3 times" in outcome.reason


def test_an_answer_that_takes_for_ever_is_unknown(site: Site, asked) -> None:
    site.goes_on.clear()

    outcome = asked(healthy(), api=site.url)

    assert "no answer within 0.2 s, 3 times" in outcome.reason


def test_without_the_address_it_does_not_apply(asked) -> None:
    outcome = asked(the_service_is_healthy("admin", expect={}))

    assert outcome.verdict is Verdict.NOT_APPLICABLE
    assert outcome.reason == "this environment names no address 'admin'"


def test_a_percentile_is_held_to_its_limit(site: Site, asked) -> None:
    slow = asked(responses_are_fast("api", seconds=0.0, probes=5))
    fast = asked(responses_are_fast("api", seconds=9, probes=5))

    [violation] = slow.violations
    assert violation["percentile"] == 95
    assert float(str(violation["seconds"])) > 0
    assert len(site.asked) == 10
    assert fast.verdict is Verdict.HOLDS
    assert "95 percent take up to" in planned("look_into_slowness", slow)[0].title


def test_each_path_answers_with_what_is_right_for_it(site: Site, asked) -> None:
    site.says("/billing", "off", 503)
    site.says("/me", "who?", 401)

    found = asked(every_path_answers("api", {"/billing": [200, 401], "/me": [401]}))

    assert [(v.key, v["status"], v["trouble"]) for v in found.violations] == [
        (("/billing",), 503, "not 200, 401")
    ]


def test_our_pages_are_allowed_and_strangers_with_cookies_are_not(site: Site, asked) -> None:
    invariant = the_api_allows_our_pages("api", "site")

    site.says("/", "", access_control_allow_origin=ORIGIN)
    assert asked(invariant).verdict is Verdict.HOLDS
    site.says("/", "")
    assert trouble(asked(invariant)) == "our pages are refused"
    site.says(
        "/",
        "",
        access_control_allow_origin="https://trueup.invalid",
        access_control_allow_credentials="true",
    )
    found = [(violation.key, violation["trouble"]) for violation in asked(invariant).violations]
    assert found == [
        (("ours",), "our pages are refused"),
        (("a stranger's",), "any page may ask with a user's cookies"),
    ]
    methods = {method for method, _, _ in site.asked}
    assert methods == {"OPTIONS"}


def token(role: str) -> str:
    """A Supabase token, as far as anybody can read it."""
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "HS256"}, {"role": role, "iss": "supabase"})
    )
    return f"{head}.{body}.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("secret", "name"),
    [
        ("sk_" + "live_abcdefghijkl", "Stripe secret key"),
        ("rk_" + "live_abcdefghijkl", "Stripe secret key"),
        ("whsec_" + "abcdefghijkl", "Stripe webhook secret"),
        ("postgresql://u:hunter2@db.example/app", "database URL with a password"),
        (token("service_role"), "Supabase service role key"),
        ("sb_" + "secret_abcdefgh_IJ-kl", "Supabase secret key"),
        ("sbp_" + "0a1b" * 10, "Supabase access token"),
        ("sbp_" + "oauth_" + "0a1b" * 10, "Supabase access token"),
    ],
)
def test_a_secret_in_a_script_is_named_and_not_shown(
    site: Site, asked, secret: str, name: str
) -> None:
    site.says("/", '<script src="/app.js"></script><script src="https://cdn.example/x.js">')
    site.says("/app.js", f'const key = "{secret}"')

    outcome = asked(no_secret_is_served_to_browsers("pages"))

    assert [violation.row for violation in outcome.violations] == [
        {"where": "/app.js", "secret": name}
    ]
    assert secret not in str(planned("roll_secret", outcome))
    assert {path for _, path, _ in site.asked} == {"/", "/app.js"}


@pytest.mark.parametrize("status", [404, 500, 302])
def test_a_page_that_nobody_could_read_is_unknown(site: Site, asked, status: int) -> None:
    site.says("/", "<html>no such page</html>", status)

    outcome = asked(no_secret_is_served_to_browsers("pages"))

    assert outcome.verdict is Verdict.UNKNOWN
    assert f"answered {status}, and no page to be read" in outcome.reason


def test_a_page_of_errors_is_read_like_any_other(site: Site, asked) -> None:
    site.says("/", '<script src="/app.js"></script>', 500)
    site.says("/app.js", "")
    assert asked(no_secret_is_served_to_browsers("pages")).verdict is Verdict.HOLDS

    site.says("/", f"at db.connect(postgres://u:{'hunter2'}@db.example/app)", 500)
    [violation] = asked(no_secret_is_served_to_browsers("pages")).violations
    assert violation["secret"] == "database URL with a password"


def test_a_script_that_could_not_be_read_is_unknown_and_one_that_is_gone_is_not(
    site: Site, asked
) -> None:
    site.says("/", '<script src="/gone.js"></script><script src="/app.js"></script>')
    site.says("/app.js", "", 500)
    assert asked(no_secret_is_served_to_browsers("pages")).verdict is Verdict.UNKNOWN

    site.says("/app.js", "")
    assert asked(no_secret_is_served_to_browsers("pages")).verdict is Verdict.HOLDS


def test_a_secret_that_was_found_is_told_whatever_could_not_be_read(site: Site, asked) -> None:
    site.says("/", '<script src="/a.js"></script><script src="/b.js"></script>')
    site.says("/a.js", "", 500)
    site.says("/b.js", f'key = "{token("service_role")}"')

    outcome = asked(no_secret_is_served_to_browsers("pages"))

    assert [violation["where"] for violation in outcome.violations] == ["/b.js"]


def test_a_script_that_is_loaded_ahead_is_read(site: Site, asked) -> None:
    site.says("/", '<link rel="modulepreload" href="/a.js?v=1"><link href="/a.css">')
    site.says("/a.js?v=1", f'key = "{token("service_role")}"')

    outcome = asked(no_secret_is_served_to_browsers("pages"))

    assert [violation["where"] for violation in outcome.violations] == ["/a.js"]
    assert {path for _, path, _ in site.asked} == {"/", "/a.js?v=1"}


def test_a_script_whose_address_stands_without_quotes_is_read(site: Site, asked) -> None:
    site.says("/", "<script defer src=/a.js></script><link rel=modulepreload href=/b.js?v=1>")
    site.says("/a.js", f'key = "{token("service_role")}"')
    site.says("/b.js?v=1", f'key = "{token("service_role")}"')

    outcome = asked(no_secret_is_served_to_browsers("pages"))

    assert [violation["where"] for violation in outcome.violations] == ["/a.js", "/b.js"]


def test_more_scripts_than_are_read_are_unknown(
    site: Site, asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trueup.library.probes.SCRIPTS", 2)
    site.says("/", "".join(f'<script src="/{name}.js"></script>' for name in "abca"))

    assert asked(no_secret_is_served_to_browsers("pages")).verdict is Verdict.UNKNOWN
    site.says("/", "".join(f'<script src="/{name}.js"></script>' for name in "aba"))
    assert asked(no_secret_is_served_to_browsers("pages")).verdict is Verdict.HOLDS


def test_an_answer_that_is_cut_off_is_unknown(
    site: Site, asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "LARGEST", 10)
    site.says("/", "<html>" * 9)

    outcome = asked(no_secret_is_served_to_browsers("pages"))

    assert outcome.verdict is Verdict.UNKNOWN
    assert "more than 10 bytes" in outcome.reason


def test_a_part_that_is_switched_off_is_named_and_any_other_answer_is_not(
    site: Site, asked
) -> None:
    invariant = no_path_is_switched_off("api", ["/billing", "/portal"])
    site.says("/billing", "", 405)
    assert asked(invariant).verdict is Verdict.HOLDS

    site.says("/portal", "off", 503)
    assert [violation.key for violation in asked(invariant).violations] == [("/portal",)]

    site.says("/portal", {"retryAfter": 3600}, 503)
    assert asked(invariant).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    "invariant",
    [
        every_path_answers("api", {"/me": [200, 401]}),
        responses_are_fast("api", "/me", seconds=9, probes=2),
        no_secret_is_served_to_browsers("pages", ["/me"]),
    ],
)
def test_no_probe_takes_maintenance_for_an_answer(site: Site, asked, invariant) -> None:
    site.says("/me", {"retryAfter": 60}, 503)

    assert asked(invariant).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    "public",
    [
        token("anon"),
        "sb_" + "publishable_abcdefghijkl",
        "pk_" + "live_abcdefghijkl",
        "postgresql://db.example/app",
        "eyJ",
    ],
)
def test_what_is_meant_for_browsers_is_not_named(site: Site, asked, public: str) -> None:
    site.says("/", f"<script>key = '{public}'</script>")

    assert asked(no_secret_is_served_to_browsers("pages")).verdict is Verdict.HOLDS


def test_a_probe_sends_no_credentials_and_says_who_it_is(site: Site, asked) -> None:
    asked(healthy())

    [(method, _, headers)] = site.asked
    assert method == "GET"
    assert headers["User-Agent"] == "trueup"
    assert not {"Authorization", "Cookie"} & headers.keys()
