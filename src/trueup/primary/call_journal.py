"""The journal's calls: each written down before it is made, and again when its answer is known."""

import json
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


def of_entry(connection: Connection, entry: int) -> list[Journaled]:
    """The calls of one entry, in their order."""
    return _read(connection, _OF_ENTRY, entry)


def of_plan(connection: Connection, digest: str) -> list[Journaled]:
    """The calls of all entries of one plan, in their order."""
    return _read(connection, _OF_PLAN, digest)


def _read(connection: Connection, question: str, value: object) -> list[Journaled]:
    with (
        refused("read the journal", JournalError),
        connection.transaction(),
        journal.visible(connection),
        connection.cursor(row_factory=class_row(Journaled)) as cursor,
    ):
        return cursor.execute(question.encode(), [value]).fetchall()
