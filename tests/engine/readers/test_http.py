"""Asking an API: its key goes to it alone, and what it refuses is said with what to do about it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from trueup.errors import NotApplicable, ProbeError
from trueup.readers.http import probe
from trueup.readers.http.address import Address
from trueup.readers.http.probe import Http
from trueup.sample.loopback import Handler, Loopback

KEY = "sbp_" + "0123456789abcdef"


class Asked(Loopback):
    """A server that notes what it is asked, and answers what it is told, one after the other."""

    def __init__(self) -> None:
        super().__init__(_Noting)
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def seen(self, header: str) -> list[str | None]:
        """What each request had in a header."""
        return [headers.get(header) for _, _, headers in self.asked]


class _Noting(Handler):
    server: Asked

    def do_GET(self) -> None:  # noqa: N802  # the library's name
        """Answer the next, and 200 from then on."""
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        status, headers = self.server.answers.pop(0) if self.server.answers else (200, {})
        self.head(status, headers, 2)
        self.wfile.write(b"{}")

    do_OPTIONS = do_GET  # noqa: N815  # as above


@pytest.fixture
def server() -> Iterator[Callable[[], Asked]]:
    """A server, as often as it is called."""
    with ExitStack() as held:

        def made() -> Asked:
            found = Asked()
            threading.Thread(target=found.serve_forever, args=(0.02,), daemon=True).start()
            held.callback(found.server_close)
            held.callback(found.shutdown)
            return found

        yield made


@pytest.fixture
def api(server: Callable[[], Asked]) -> Asked:
    """The API that a key is for."""
    return server()


@pytest.fixture
def http(api: Asked, monkeypatch: pytest.MonkeyPatch) -> Iterator[Http]:
    """An environment with that address, and with one whose key is not set."""
    monkeypatch.setattr(probe, "PAUSE", 0.0)
    addresses = {
        "api": Address(url=api.url, variable="API_TOKEN", key=KEY),
        "data": Address(url=api.url, variable="DATA_KEY", key=KEY, sent_as="apikey"),
        "open": Address(url=api.url),
        "unset": Address(url=api.url, variable="OTHER_TOKEN"),
    }
    with closing(Http(addresses)) as found:
        yield found


def test_a_key_is_shown_as_its_address_wants_it(api: Asked, http: Http) -> None:
    for name in ("api", "data", "open"):
        http.ask(name, "/")

    assert api.seen("Authorization") == [f"Bearer {KEY}", None, None]
    assert api.seen("apikey") == [None, KEY, None]


@pytest.mark.parametrize(("name", "header"), [("api", "Authorization"), ("data", "apikey")])
def test_a_key_goes_nowhere_else_when_the_address_sends_us_there(
    api: Asked, http: Http, server: Callable[[], Asked], name: str, header: str
) -> None:
    elsewhere = server()
    api.answers = [(302, {"Location": "/again"}), (307, {"Location": f"{elsewhere.url}/there"})]
    elsewhere.answers = [(302, {"Location": f"{api.url}/back"})]

    http.ask(name, "/")

    shown = [value is not None for value in api.seen(header)]
    assert [path for _, path, _ in api.asked] == ["/", "/again", "/back"]
    assert shown == [True, True, True]
    assert elsewhere.seen("Authorization") == elsewhere.seen("apikey") == [None]


def test_an_address_that_sends_us_round_and_round_is_unknown(api: Asked, http: Http) -> None:
    api.answers = [(302, {"Location": "/"})] * 30

    with pytest.raises(ProbeError, match="does not answer: TooManyRedirects"):
        http.ask("open", "/")


def test_what_a_page_names_is_fetched_without_a_key(api: Asked, http: Http) -> None:
    http.fetch(f"{api.url}/app.js")
    http.preflight("api", "/", "https://site.example")

    assert api.seen("Authorization") == [None, None]


def test_an_address_whose_key_is_not_set_does_not_apply(http: Http) -> None:
    with pytest.raises(NotApplicable, match=r"the variable OTHER_TOKEN is not set; .* 'unset'"):
        http.ask("unset", "/")


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("api", 401, "refuses the key in API_TOKEN (401); see that it is there, valid"),
        ("api", 403, "refuses the key in API_TOKEN (403)"),
        ("open", 401, "refuses whoever has no key (401)"),
        ("api", 404, "is not there (404); see that the settings name what is there"),
        ("api", 500, "is not well (500); run again later"),
        ("api", 204, "answered 204 and not 200"),
    ],
)
def test_each_refusal_is_said_with_what_to_do(
    api: Asked, http: Http, name: str, status: int, says: str
) -> None:
    api.answers = [(status, {})]

    with pytest.raises(ProbeError) as refused:
        http.ask(name, "/v1/things", {"token": "t0p"})

    assert says in str(refused.value)
    assert f"{api.url}/v1/things " in str(refused.value)
    assert KEY not in str(refused.value)


def test_an_api_that_had_too_much_is_asked_again_when_it_says(
    api: Asked, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(probe, "sleep", waited.append)
    api.answers = [(429, {"Retry-After": "7"})]

    assert http.ask("api", "/").status == 200

    assert waited == [7.0]


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([(429, {"Retry-After": "3600"})], "(429); it says to come again in 3600 s"),
        ([(429, {}), (429, {})], "says that it is asked too often (429); run again later"),
    ],
)
def test_it_is_not_waited_for_long(
    api: Asked, http: Http, answers: list[tuple[int, dict[str, str]]], says: str
) -> None:
    api.answers = list(answers)

    with pytest.raises(ProbeError) as refused:
        http.ask("api", "/")

    assert says in str(refused.value)
    assert len(api.asked) == len(answers)


def test_parameters_are_sent_encoded_and_more_than_once(api: Asked, http: Http) -> None:
    http.ask("open", "/x", {"field": ["a()", "b"], "limit": 5})

    assert [path for _, path, _ in api.asked] == ["/x?field=a%28%29&field=b&limit=5"]


def test_whoever_may_not_wait_long_asks_no_more_once_that_is_spent(
    api: Asked, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "sleep", lambda _: None)
    hurried = http.within(5.0)
    api.answers = [(429, {"Retry-After": "3"}), (200, {}), (429, {"Retry-After": "3"})]

    assert hurried.ask("open", "/").status == 200
    with pytest.raises(ProbeError, match="come again in 3 s"):
        hurried.ask("open", "/")
    assert http.ask("open", "/").status == 200, "whoever may wait is not held to it"


def test_whoever_has_no_time_left_does_not_ask(api: Asked, http: Http) -> None:
    with pytest.raises(ProbeError, match="was not asked: there was no time left"):
        http.within(0.0).ask("open", "/")
    assert api.asked == []


def test_nothing_shows_the_key(http: Http) -> None:
    address = Address(url="https://api.example", variable="API_TOKEN", key=KEY)

    assert KEY not in repr(address)
    assert KEY not in str(vars(http))


def test_nothing_but_questions_can_be_sent(api: Asked, http: Http) -> None:
    asking = {name for name in dir(http) if not name.startswith("_")}
    assert asking == {"address", "ask", "close", "fetch", "get", "preflight", "within"}

    http.get("api")
    http.ask("api", "/")
    http.fetch(api.url)
    http.preflight("api", "/", "https://site.example", "DELETE")

    assert [method for method, _, _ in api.asked] == ["GET", "GET", "GET", "OPTIONS"]
