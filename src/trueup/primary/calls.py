"""Making the calls of a plan, once its changes are committed."""

from collections.abc import Iterator, Mapping, Sequence

import httpx
from msgspec import Struct

from trueup.errors import ApplyError
from trueup.http_client import http_client
from trueup.primary import call_journal, pace
from trueup.primary.applied import Called, State
from trueup.primary.call_journal import Journaled
from trueup.primary.interrupt import Stop
from trueup.primary.owner import Owner
from trueup.primary.sending import TIMEOUT, Answer, send
from trueup.primary.service import REMEMBERED, Service
from trueup.primary.session import Connection

Callee = Service | Owner
"""Whoever is called: a service outside, or the database's owner."""

UNSURE = (
    "was begun, and nobody knows whether it was made; look at the service, then say --repeat to"
    " make it again, or --made if it is there"
)

ANOTHER = "somebody else has begun it meanwhile; `trueup resume` says how it ended"


class Caller(Struct, frozen=True, kw_only=True):
    """Who makes calls; `repeat` and `made` are a person's word about those nobody is sure of."""

    connection: Connection
    services: Mapping[str, Callee]
    stop: Stop
    repeat: bool = False
    made: bool = False

    def make(self, calls: Sequence[Journaled]) -> Iterator[Called]:
        """Make the calls that are not done, one after the other, until somebody asks to stop."""
        with http_client(TIMEOUT) as client:
            for call in calls:
                if call.state != State.DONE and not self.stop.asked:
                    yield self._make(client, call)

    def _make(self, client: httpx.Client, call: Journaled) -> Called:
        service = known(self.services, call.service)
        if call.state == State.BEGUN and not self._may_begin(service, call):
            if self.made:
                return self._noted(call, Answer(done=True, status=None, detail="as a person says"))
            return Called(words=call.words, state=State.BEGUN, detail=UNSURE)
        answer = self._asked(client, service, call)
        if answer is None:
            return Called(words=call.words, state=State.BEGUN, detail=ANOTHER)
        if not answer.known and not service.may_repeat(call.method):
            return Called(words=call.words, state=State.BEGUN, detail=f"{answer.detail}: {UNSURE}")
        return self._noted(call, answer)

    def _asked(self, client: httpx.Client, service: Callee, call: Journaled) -> Answer | None:
        """Write down that it begins, and ask; None where somebody else has begun meanwhile."""
        if isinstance(service, Owner):
            begun = call_journal.begin(self.connection, call)
            return service.deliver(call.body or {}) if begun else None
        try:
            request = service.request(call.method, call.path, call.body, call.idempotency_key)
        except httpx.InvalidURL:
            return Answer(done=False, status=None, detail="its path is none that an address has")
        if not call_journal.begin(self.connection, call):
            return None
        return send(client, service, request, lambda seconds: pace.pause(seconds, self.stop))

    def _may_begin(self, service: Callee, call: Journaled) -> bool:
        """Whether a call that was begun before can be sent again and is made once."""
        if self.repeat:
            return True
        remembered = call.at is not None and call.now - call.at < REMEMBERED
        return service.may_repeat(call.method) and remembered

    def _noted(self, call: Journaled, answer: Answer) -> Called:
        state = State.DONE if answer.done else State.FAILED
        call_journal.note(self.connection, call, state, answer)
        status = f"{answer.status}, " if answer.status is not None else ""
        return Called(words=call.words, state=state, detail=f"{status}{answer.detail}".rstrip(", "))


def known(services: Mapping[str, Callee], name: str) -> Callee:
    """The service of that name; raises ApplyError where the environment has none."""
    if name not in services:
        there = ", ".join(services) or "none"
        raise ApplyError(f"this environment has no service {name!r}; trueup.toml has {there}")
    return services[name]
