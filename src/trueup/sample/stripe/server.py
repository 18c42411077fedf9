"""The stand-in's server: loopback only, the standard library's, with faults on demand."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from trueup.sample.loopback import Handler, Loopback
from trueup.sample.stripe.account import Account, read
from trueup.sample.stripe.lists import Index, Params, Refused, answer, expanded, path_of
from trueup.sample.stripe.objects import Object

READER, WRITER = "rk_test_trueupreader", "rk_test_trueupwriter"
"""The keys that it knows; the first may only read."""

_PLACE = re.compile(r"\[\d+\]")

_TYPES = {401: "invalid_request_error", 403: "invalid_request_error", 429: "rate_limit_error"}


class Trouble(Struct, frozen=True):
    """What goes wrong with one request: a status, or a connection that ends in the middle."""

    status: int = 0
    retry_after: int | None = None
    cut: bool = False
    page: Object | None = None
    """An answer that is given in the place of the right one."""


Before = Callable[[str, str, Params], Trouble | None]
"""Called with method, path and parameters before a request is answered; may change the account."""


class StandIn:
    """
    Stripe on loopback, for as long as its block lasts.

    It answers for an account, or for the one in a file, which it reads again whenever that changed.
    `delivered` is called with an event that somebody wants delivered again.
    """

    def __init__(
        self,
        account: Account | Path,
        *,
        skew: timedelta = timedelta(0),
        delivered: Callable[[Object], None] | None = None,
    ) -> None:
        self.delivered = delivered
        self._file = account if isinstance(account, Path) else None
        self._read_at = 0
        self._account = account if isinstance(account, Account) else None
        self._indexes: dict[str, tuple[int, Index]] = {}
        self._lock = threading.Lock()
        self.skew = skew
        self.before: Before | None = None
        self.forbidden: set[str] = set()
        """Kinds that the keys may not read."""
        self.requests = 0
        self.server: Loopback | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        if self.server is None:
            raise RuntimeError("it is not running; use it in a with block")
        return self.server.url

    @property
    def account(self) -> Account:
        """The account as it is now."""
        if self._file is not None:
            changed = self._file.stat().st_mtime_ns
            if self._account is None or changed != self._read_at:
                self._account, self._read_at = read(self._file), changed
                self._indexes.clear()
        if self._account is None:
            raise RuntimeError("it has neither an account nor a file")
        return self._account

    def __enter__(self) -> "StandIn":
        self.server = _Server(self)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()

    def got(self, path: str, params: Params) -> Object:
        """What a GET is answered with; raises Refused."""
        kind, number = path_of(path)
        if kind in self.forbidden:
            raise Refused(403, "permission_error")
        if not number:
            with self._lock:
                return answer(self.account, self._index(kind), kind, params)
        found = self.account.objects[kind].get(number)
        if found is None:
            raise Refused(404, "resource_missing", "id")
        return expanded(self.account, found, params)

    def posted(self, path: str, form: Mapping[str, str]) -> Object:
        """What a POST does: an event is delivered again, an endpoint is turned on or off."""
        parts = path.split("/")
        with self._changing() as account:
            if parts[0] == "events" and parts[-1] == "retry":
                event = _retried(account, parts[1], form)
                if self.delivered is not None:
                    self.delivered(event)
                return event
            if parts[0] == "webhook_endpoints" and len(parts) == 2:
                return _turned(account, parts[1], form)
        raise Refused(404, "url_invalid")

    def _index(self, kind: str) -> Index:
        objects = self.account.objects[kind]
        known = self._indexes.get(kind)
        if known is None or known[0] != len(objects):
            known = self._indexes[kind] = (len(objects), Index(objects))
        return known[1]

    @contextmanager
    def _changing(self) -> Iterator[Account]:
        with self._lock:
            account = self.account
            yield account
            if self._file is not None:
                account.save(self._file)


def _retried(account: Account, number: str, form: Mapping[str, str]) -> Object:
    event = account.objects["events"].get(number)
    if event is None:
        raise Refused(404, "resource_missing", "id")
    account.retried.append({"event": number, **form})
    account.undelivered.discard(number)
    return event


def _turned(account: Account, number: str, form: Mapping[str, str]) -> Object:
    endpoint = account.objects["webhook_endpoints"].get(number)
    if endpoint is None:
        raise Refused(404, "resource_missing", "id")
    unknown = form.keys() - {"disabled"}
    if unknown:
        raise Refused(400, "parameter_unknown", min(unknown))
    endpoint["status"] = "disabled" if form.get("disabled") == "true" else "enabled"
    return endpoint


class _Server(Loopback):
    def __init__(self, stand_in: StandIn) -> None:
        super().__init__(_Handler)
        self.stand_in = stand_in


class _Handler(Handler):
    server: _Server

    def do_GET(self) -> None:  # noqa: N802  # the library's name
        """Answer a question."""
        self._answer("GET", self.server.stand_in.got)

    def do_POST(self) -> None:  # noqa: N802  # as above
        """Do what a fix may ask for."""
        said = parse_qs(self.body().decode())
        form = {name: values[0] for name, values in said.items()}
        self._answer("POST", lambda path, _: self.server.stand_in.posted(path, form))

    def _answer(self, method: str, ask: Callable[[str, Params], Object]) -> None:
        stand_in = self.server.stand_in
        stand_in.requests += 1
        parts = urlsplit(self.path)
        path, params = parts.path.removeprefix("/v1/"), _named(parse_qs(parts.query))
        trouble = stand_in.before(method, path, params) if stand_in.before else None
        try:
            _require_key(self.headers.get("Authorization", ""), method)
            if trouble is not None and trouble.status:
                raise Refused(trouble.status, "trouble")
            found = ask(path, params)
        except Refused as refused:
            self._send(refused.status, _error(refused), trouble)
        else:
            self._send(200, trouble.page if trouble and trouble.page else found, trouble)

    def _send(self, status: int, found: Object, trouble: Trouble | None) -> None:
        stand_in = self.server.stand_in
        body = json.dumps(found).encode()
        headers = {
            "Date": format_datetime(stand_in.account.clock + stand_in.skew, usegmt=True),
            "Content-Type": "application/json",
            "Stripe-Version": self.headers.get("Stripe-Version", ""),
        }
        if trouble is not None and trouble.retry_after is not None:
            headers["Retry-After"] = str(trouble.retry_after)
        self.head(status, headers, len(body))
        if trouble is not None and trouble.cut:
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(body)


def _named(said: Mapping[str, list[str]]) -> Params:
    """Parameters with lists as Stripe documents them: the SDK says `types[0]`, others `types[]`."""
    found: dict[str, list[str]] = {}
    for name, values in said.items():
        found.setdefault(_PLACE.sub("[]", name), []).extend(values)
    return found


def _require_key(authorization: str, method: str) -> None:
    key = authorization.removeprefix("Bearer ")
    if key not in (READER, WRITER):
        raise Refused(401, "api_key_invalid")
    if method == "POST" and key != WRITER:
        raise Refused(403, "permission_error")


def _error(refused: Refused) -> Object:
    kind = _TYPES.get(refused.status, "invalid_request_error")
    kind = "api_error" if refused.status >= 500 else kind
    said = {"type": kind, "code": refused.code, "message": "refused by the stand-in"}
    return {"error": {**said, "param": refused.param} if refused.param else said}
