"""Which invariants have a say in a change, when, and what they say."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from operator import methodcaller
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from trueup.errors import ApplyError, PlanError, TrueupError
from trueup.evaluate import PROVEN, evaluate
from trueup.model.invariant import Invariant
from trueup.model.plan import ProofStep, Target, When
from trueup.model.verdict import Outcome, Verdict
from trueup.model.violation import Key, key_text
from trueup.primary.session import Connection, questioning
from trueup.replica.permitted import Permitted
from trueup.replica.quoting import quoted
from trueup.replica.reader import Reader, Rows
from trueup.report.phrase import plural

if TYPE_CHECKING:
    from trueup.readers.storage.reader import Storage
    from trueup.readers.stripe.reader import Stripe

PROVABLE = frozenset({"replica", "stripe", "settings", "now"})
"""What an invariant may ask for and still be asked inside a transaction that writes."""

TRIED = 500
"""Keys with which it is seen whether an invariant can be asked about keys alone."""

AGAIN = 0.25
"""The part of `prove_within` that may be spent on proving batch after batch."""

NAMED = 5
"""Keys that a message names before it only counts them."""

_TIMEOUT = "57014"


class World(Struct, frozen=True):
    """
    The instant and the settings with which invariants are asked, the same throughout.

    What a question is `permitted` was asked for once; `stripe` is None where the environment names
    no account. What is in `storage` is only asked for outside of transactions that write: what
    deletes from it is called after they are committed.
    """

    now: datetime
    settings: Mapping[str, object]
    permitted: Permitted | None = None
    stripe: "Stripe | None" = None
    storage: "Storage | None" = None

    def resources(self, reader: Reader) -> dict[str, object]:
        """What an invariant may ask for."""
        given = {"settings": self.settings, "now": self.now, "stripe": self.stripe}
        stored = {"storage": self.storage} if self.storage else {}
        return {"replica": reader, **given, **stored}

    def list_anew(self, invariant: Invariant) -> None:
        """List the buckets that it judges as they are by now, before it is asked."""
        stored = [of for of in invariant.over.values() if invariant.is_stored(of)]
        if self.storage is not None and stored:
            self.storage.forget()
            self.storage.fetch(stored)


def provable(invariants: Iterable[Invariant]) -> tuple[Invariant, ...]:
    """All but those that ask for what cannot be had, or not wait for, inside a transaction."""
    return tuple(found for found in invariants if PROVABLE.issuperset(found.asks))


def tables_read(connection: Connection, invariant: Invariant, world: World) -> frozenset[str]:
    """
    The tables that an invariant reads, by qualified name, inside a transaction.

    The planner tells for SQL; an invariant that makes its rows in Python is known by `over` alone.
    What cannot be explained reads nothing here: it will say why when it is asked.
    """

    def asked(reader: Reader) -> object:
        resources = world.resources(reader)
        return invariant.ask(**{name: resources[name] for name in invariant.asks})

    found = _explained(connection, asked, world.permitted)
    for relation in invariant.over.values():
        if invariant.lies_outside(relation):
            continue
        text = relation[1:-1] if relation.startswith("(") else _all_of(relation)
        found |= _explained(connection, methodcaller("rows", text), world.permitted)
    return found


def outcome(
    connection: Connection,
    invariant: Invariant,
    world: World,
    among: Sequence[Key] | None = None,
) -> Outcome:
    """The verdict inside a transaction, with every violation's key, or those `among` some."""
    with questioning(connection, world.permitted) as reader:
        return evaluate(invariant, world.resources(reader), replace(PROVEN, among=among))


def steps(
    connection: Connection,
    touched: frozenset[str],
    world: World,
    *,
    watched: Iterable[Invariant],
    targets: Iterable[Target],
    within: float,
    batches: int,
    called: AbstractSet[str] = frozenset(),
) -> tuple[ProofStep, ...]:
    """
    The invariants that will prove a change: those it is to mend, and all that read a touched table.

    Each is asked once, to see how long it takes: what takes longer than `within` seconds would
    hold the locks for too long, and is proven late. In several batches they may take a quarter of
    it in all: those for which there is no time left prove the first, and the rest late. What a
    service that is `called` settles is proven late too. Raises PlanError for one that cannot tell
    now, since then nobody could tell what the change did to it.
    """
    spent = 0.0
    own: dict[str, list[Key]] = {}
    for target in targets:
        own.setdefault(target.invariant, []).append(target.key)
    found = []
    for invariant in provable(watched):
        name = invariant.name
        if name in own or tables_read(connection, invariant, world) & touched:
            said = outcome(connection, invariant, world)
            when = _when(said, within, batches, spent)
            if invariant.settled_by in called and name not in own:
                when = When.LATE
            spent += 2 * said.seconds * batches if when is When.EACH else 0
            if said.verdict is Verdict.UNKNOWN and when is not When.LATE:
                raise PlanError(f"{invariant.id} cannot be proven: {said.reason}")
            if said.verdict is Verdict.NOT_APPLICABLE:
                continue
            keyed = when is not When.EACH and _tells_by_key(
                connection, invariant, world, own.get(name, [])[:TRIED], within / batches
            )
            seconds = round(said.seconds, 3)
            found.append(ProofStep(invariant=name, seconds=seconds, when=when, keyed=keyed))
    return tuple(found)


def _when(said: Outcome, within: float, batches: int, spent: float) -> When:
    if said.seconds > within or timed_out(said):
        return When.LATE
    in_all = spent + 2 * said.seconds * batches
    return When.EACH if batches == 1 or in_all <= AGAIN * within else When.FIRST


def _tells_by_key(
    connection: Connection,
    invariant: Invariant,
    world: World,
    wanted: Sequence[Key],
    within: float,
) -> bool:
    """Whether it can be asked about some keys, names just these, and takes no longer than that."""
    if not wanted:
        return False
    said = outcome(connection, invariant, world, wanted)
    return keys_in(said) == frozenset(wanted) and said.seconds <= within


def keys(
    connection: Connection,
    invariant: Invariant,
    world: World,
    among: Sequence[Key] | None = None,
) -> frozenset[Key]:
    """The keys of all violations; raises ApplyError where the invariant cannot tell."""
    said = outcome(connection, invariant, world, among)
    if said.verdict is Verdict.UNKNOWN:
        raise ApplyError(f"{invariant.id} cannot be proven: {said.reason}")
    return keys_in(said)


def keys_in(said: Outcome) -> frozenset[Key]:
    """The keys of the violations that a verdict names."""
    if said.bare is not None:
        return said.bare
    return frozenset(violation.key for violation in said.violations)


def timed_out(said: Outcome) -> bool:
    """Whether it is unknown only because the question took too long."""
    return said.verdict is Verdict.UNKNOWN and f"({_TIMEOUT})" in said.reason


def named(found: Iterable[Key]) -> str:
    """Some keys for a message, and how many more there are."""
    texts = sorted(key_text(key) for key in found)
    more = f" and {len(texts) - NAMED} more" if len(texts) > NAMED else ""
    return ", ".join(texts[:NAMED]) + more


def left(number: int) -> str:
    """How many violations a change leaves, or an undo brings back; empty for none."""
    return f"{plural(number, 'violation')} as before" if number else ""


def _all_of(relation: str) -> str:
    return f"select * from {quoted(relation)}"  # noqa: S608  # quoted


def _explained(
    connection: Connection, ask: Callable[[Reader], object], permitted: Permitted | None
) -> frozenset[str]:
    try:
        with questioning(connection, permitted) as reader:
            answer = ask(reader)
            return answer.reads().tables if isinstance(answer, Rows) else frozenset()
    except TrueupError:
        return frozenset()
    except Exception:  # noqa: BLE001  # an author's mistake shows when the invariant is asked
        return frozenset()
