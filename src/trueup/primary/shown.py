"""The journal in words: its entries, and one of them with every row and what proved it."""

from collections.abc import Iterator, Sequence

from trueup.primary.applied import Altered, Moved
from trueup.primary.call_journal import Journaled
from trueup.primary.journal import Entry, Recorded
from trueup.primary.words import SHORT, SIGNS, WHY, body, key
from trueup.report.phrase import plural, sizes


def entries(found: Sequence[Entry]) -> str:
    """One line an entry, the newest first."""
    if not found:
        return "the journal is empty; nothing was applied yet"
    return "\n".join(_line(entry) for entry in found)


def entry(
    found: Entry,
    rows: Sequence[Moved],
    proofs: Sequence[Recorded],
    calls: Sequence[Journaled],
    altered: Sequence[Altered],
) -> str:
    """Who, what and why, every row that moved, and what each invariant said after it."""
    return "\n".join(
        [
            *_head(found),
            "",
            *map(_row, rows),
            *map(_alteration, altered),
            *_calls(calls),
            "",
            *_proofs(proofs),
        ]
    )


def _line(entry: Entry) -> str:
    what = f"undo of {entry.undoes}, {entry.fix}" if entry.undoes is not None else entry.fix
    back = f", undone by {entry.undone_by[-1]}" if entry.undone_by else ""
    moved = sizes(entry.rows, entry.alterations, entry.calls)
    return f"{entry.id:>6}  {entry.at:%Y-%m-%d %H:%M:%S}  {what}: {moved}, by {entry.by}{back}"


def _head(entry: Entry) -> Iterator[str]:
    yield _line(entry).strip()
    yield f"in {entry.environment}, login {entry.login}, {entry.code}"
    planned = plural(entry.planned, "change")
    yield f"plan {entry.digest[:SHORT]} of {planned}, batch {entry.batch}"
    approved = f", approved by {entry.approved_by}" if entry.approved_by else ""
    yield f"planned by {entry.by}, applied by {entry.applied_by}{approved}"
    yield f"why: {entry.reason or 'no reason given'}"
    if entry.forgotten:
        yield f"its rows were forgotten on {entry.forgotten:%Y-%m-%d}"
    if entry.no_undo:
        yield f"cannot be undone: {entry.no_undo}"


def _calls(calls: Sequence[Journaled]) -> Iterator[str]:
    for call in calls:
        status = f" ({call.status})" if call.status is not None else ""
        detail = f": {call.detail}" if call.detail else ""
        made = f", made {call.reference}" if call.reference else ""
        yield f"> {call.words} {call.state}{status}{made}{detail}"


def _proofs(proofs: Sequence[Recorded]) -> Iterator[str]:
    for proof in proofs:
        detail = f" ({proof.detail})" if proof.detail else ""
        mended = f", {plural(len(proof.mended), 'violation')} mended" if proof.mended else ""
        yield f"{proof.invariant}: {proof.verdict}, {proof.place}{mended}{detail}"


def _row(one: Moved) -> str:
    """One journaled row on a line: what it was and what it is."""
    before, after = one.before or {}, one.after or {}
    shown = {name: after.get(name) for name in after if before.get(name) != after[name]}
    said = body(one.op, one.before, shown)
    return f"{SIGNS[one.op]} {one.table} {key(one.key)}: {said}{WHY[one.cause]}"


def _alteration(one: Altered) -> str:
    """One alteration that was made, with the definition that an undo would bring back."""
    gone = f", which was: {one.before}" if one.after is None else ""
    return f"! {one.words}{gone}"
