"""The journal's calls: each written down before it is made, and again when its answer is known."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from psycopg.rows import class_row

from trueup.errors import JournalError
from trueup.model.plan import PlannedCall
from trueup.primary import journal
from trueup.primary.applied import State
from trueup.primary.sending import Answer
from trueup.primary.session import Connection
from trueup.primary.trouble import refused

_ADD = """
    insert into trueup.journal_calls
        (entry, seq, change, service, method, path, body, back, idempotency_key)
    select %s, n - 1, (row ->> 0)::int, row ->> 1, row ->> 2, row ->> 3,
           nullif(row -> 4, 'null'), nullif(row -> 5, 'null'), row ->> 6
    from jsonb_array_elements(%s::jsonb) with ordinality as call(row, n)
"""

_STATE = """
    insert into trueup.journal_call_states (entry, seq, state, status, detail, reference)
    values (%s, %s, %s, %s, %s, %s)
"""

_CALLS = """
    select c.entry, c.seq, c.change, c.service, c.method, c.path, c.body, c.back, c.idempotency_key,
           coalesce(s.state, 'intended') as state, s.status, coalesce(s.detail, '') as detail,
           coalesce(s.reference, '') as reference, s.at,
           clock_timestamp() as now
    from trueup.journal j
    join trueup.journal_calls c on c.entry = j.id
    left join lateral (
        select * from trueup.journal_call_states s
        where s.entry = c.entry and s.seq = c.seq order by s.id desc limit 1
    ) as s on true
    where {}
    order by c.entry, c.seq
"""

_OF_ENTRY = _CALLS.format("j.id = %s")
_OF_PLAN = _CALLS.format("j.digest = %s")


_BY_UNDOING = _CALLS.format("j.undoes = %s")

_ALONE = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"

_LATEST = """
    select state, at from trueup.journal_call_states
    where entry = %s and seq = %s order by id desc limit 1
"""


REFERENCE = "{reference}"
"""What stands in a path for what the service called the thing that it made."""


class Journaled(Struct, frozen=True, kw_only=True):
    """
    A call as the journal has it, with the last that is known of it.

    `at` is when that was, None for one that is only intended; `now` is the primary's clock.
    """

    entry: int
    seq: int
    change: int
    service: str
    method: str
    path: str
    body: Mapping[str, object] | None
    back: Mapping[str, object] | None
    idempotency_key: str
    state: str
    status: int | None
    detail: str
    reference: str
    at: datetime | None
    now: datetime

    @property
    def words(self) -> str:
        """The request without its body, as people speak of it."""
        return f"{self.method} {self.service}:{self.path}"

    @property
    def back_call(self) -> PlannedCall | None:
        """The call that takes it back; None where nothing does."""
        if self.back is None:
            return None
        body = self.back["body"]
        return PlannedCall(
            service=self.service,
            method=str(self.back["method"]),
            path=str(self.back["path"]).replace(REFERENCE, self.reference),
            body=body if isinstance(body, Mapping) else None,
        )


def intend(
    connection: Connection, entry: int, digest: str, calls: Sequence[tuple[int, PlannedCall]]
) -> None:
    """
    Write down what will be called, in the transaction that makes it necessary.

    The idempotency key is the plan's digest and the call's place in it: the same for ever.
    """
    if not calls:
        return
    rows = [
        (place, one.service, one.method, one.path, one.body, one.back, f"{digest[:40]}-{place}")
        for place, one in calls
    ]
    with journal.visible(connection):
        connection.execute(_ADD, [entry, json.dumps(rows)])


def note(connection: Connection, call: Journaled, state: State, answer: Answer | None) -> None:
    """Write how far a call has come, in a transaction of its own."""
    said = (answer.status, answer.detail, answer.reference) if answer else (None, "", "")
    with (
        refused("journal the call", JournalError),
        connection.transaction(),
        journal.visible(connection),
    ):
        connection.execute(_STATE, [call.entry, call.seq, state, *said])


def begin(connection: Connection, call: Journaled) -> bool:
    """
    Write down that a call begins, in a transaction of its own.

    False where somebody has got further with it since it was read: nobody makes a call twice.
    """
    with (
        refused("journal the call", JournalError),
        connection.transaction(),
        journal.visible(connection),
    ):
        connection.execute(_ALONE, [f"trueup call {call.entry} {call.seq}"])
        latest = connection.execute(_LATEST, [call.entry, call.seq]).fetchone()
        if (latest or (State.INTENDED, None)) != (call.state, call.at):
            return False
        connection.execute(_STATE, [call.entry, call.seq, State.BEGUN, None, "", ""])
    return True


def of_entry(connection: Connection, entry: int) -> list[Journaled]:
    """The calls of one entry, in their order."""
    return _read(connection, _OF_ENTRY, entry)


def of_plan(connection: Connection, digest: str) -> list[Journaled]:
    """The calls of all entries of one plan, in their order."""
    return _read(connection, _OF_PLAN, digest)


def owed(connection: Connection, entry: int) -> Counter[str]:
    """
    The requests that take back an entry's calls, and how often each is still to be made.

    What a plan that undoes it was to call is that plan's to call, done or not.
    """
    made = (one.back_call for one in of_entry(connection, entry) if one.state == State.DONE)
    wanted = Counter(said(back) for back in made if back is not None)
    wanted.subtract(Counter(map(said, _read(connection, _BY_UNDOING, entry))))
    return +wanted


def said(call: Journaled | PlannedCall) -> str:
    """A request as one text, by which two are told to be the same."""
    return json.dumps([call.service, call.method, call.path, call.body], sort_keys=True)


def _read(connection: Connection, question: str, value: object) -> list[Journaled]:
    with (
        refused("read the journal", JournalError),
        connection.transaction(),
        journal.visible(connection),
        connection.cursor(row_factory=class_row(Journaled)) as cursor,
    ):
        return cursor.execute(question.encode(), [value]).fetchall()
