"""An invariant as a pytest item: no fixtures, no traceback, one verdict."""

import warnings
from pathlib import Path
from typing import Any, TypeGuard

import pytest

from trueup.catalog import INVARIANTS, adopt, adopted, is_declared, refuse_same
from trueup.errors import CatalogError
from trueup.model.invariant import PREFIX, Declared, Invariant
from trueup.model.run import Record
from trueup.model.verdict import Verdict
from trueup.report import words
from trueup.report.properties import properties
from trueup.suite import bug
from trueup.suite.asking import Asking
from trueup.suite.stash import NAMED


class Broken(Exception):
    """The verdict is violated or unknown; carries the record, never a row."""

    def __init__(self, record: Record) -> None:
        super().__init__(record.id)
        self.record = record


class InvariantItem(pytest.Item):
    """One invariant; `-k` finds it by name, severity, fix, owner and tags."""

    def __init__(self, *, invariant: Declared, asking: Asking | None, **given: Any) -> None:
        super().__init__(**given)
        self.invariant = invariant
        self.record: Record | None = None
        self._asking = asking
        words_for_k = (invariant.system, invariant.severity, *invariant.fixes, *invariant.tags)
        self.extra_keyword_matches.update(words_for_k, [invariant.owner] if invariant.owner else [])

    def runtest(self) -> None:
        """
        Evaluate it; a verdict other than holds ends in an exception that carries the record.

        What is waived, found in maintenance, or known where only what is new is to fail, is
        expected to fail.
        """
        asking = self._asking
        if asking is None:  # pragma: no cover  # the plugin refuses such a run at collection
            raise AssertionError("unreachable")
        # What an invariant warns of would be printed, with whatever row it speaks of.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            record = self.record = asking.evaluated(self.invariant)
        self.user_properties += properties(record).items()
        if record.verdict is Verdict.NOT_APPLICABLE:
            pytest.skip(record.reason)
        if record.verdict is Verdict.WAIVED or record.excused:
            pytest.xfail(_excuse(record))
        if record.verdict is not Verdict.HOLDS:
            raise Broken(record)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Words for the record; of a bug of ours where it is, and nothing that it said."""
        del style
        if not isinstance(excinfo.value, Broken):
            return _failure(excinfo.value)
        record = excinfo.value.record
        unknown = record.verdict is Verdict.UNKNOWN
        return "\n".join(words.unknown(record) if unknown else words.violated(record))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the invariant stands, for pytest's own lines."""
        return self.path, max(self.invariant.line - 1, 0), self.name


def make(
    collector: pytest.Module | pytest.Class,
    name: str,
    found: Invariant,
    asking: Asking | None,
) -> InvariantItem:
    """
    Make the item of an invariant; without an environment it can be listed, not run.

    Raises pytest's CollectError with one line where the pair of invariant and fix is broken.
    """
    root = asking.root if asking else collector.path.parents[2]
    try:
        invariant = adopted(collector.path, name) or adopt(root, found, name, collector.path)
        named = collector.config.stash.setdefault(NAMED, {})
        refuse_same(named.setdefault(invariant.id, invariant), invariant)
    except CatalogError as error:
        raise collector.CollectError(f"trueup: {error}") from None
    return InvariantItem.from_parent(collector, name=name, invariant=invariant, asking=asking)


def is_item(
    found: object, name: str, collector: pytest.Module | pytest.Class
) -> TypeGuard[Invariant]:
    """
    Whether that is an invariant to be judged.

    Raises pytest's CollectError for one that its name or a mark would leave out, but not for what
    a test elsewhere calls an invariant that it only uses.
    """
    try:
        return is_declared(found, name)
    except CatalogError as error:
        if not name.startswith(PREFIX) and not is_of_invariants(collector.path):
            return False
        raise collector.CollectError(f"trueup: {error}") from None


def is_of_invariants(path: Path) -> bool:
    """Whether a file stands where a system's invariants do."""
    return path.parents[1].name == INVARIANTS


def listed(module: pytest.Module, invariant: Declared, asking: Asking) -> InvariantItem:
    """Make the item of an invariant whose module is loaded by the process that asks."""
    name = f"{PREFIX}{invariant.name}"
    return InvariantItem.from_parent(module, name=name, invariant=invariant, asking=asking)


def _failure(error: BaseException) -> str:
    """Where a bug of ours is; another process has said so of its own."""
    return str(error) if isinstance(error, bug.ToldError) else bug.told(error)


def _excuse(record: Record) -> str:
    if record.verdict is Verdict.WAIVED:
        return "waived"
    return (
        f"in maintenance: {record.maintenance}" if record.maintenance else f"since {record.known}"
    )
