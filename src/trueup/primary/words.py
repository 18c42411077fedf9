"""The words that a plan, its outcome and the journal share: values, keys, counts and rows."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from trueup.model.plan import Image, Op, Skipped
from trueup.primary.applied import Cause
from trueup.primary.listed import KEPT
from trueup.report.phrase import plural

WIDTH = 80
"""Characters of one value; the plan file has all of it."""

SHORT = 12
"""Characters of a digest that people read to each other."""

_DONE = {Op.UPDATE: "updated", Op.INSERT: "inserted", Op.DELETE: "deleted"}
SIGNS = {Op.UPDATE: "~", Op.INSERT: "+", Op.DELETE: "-"}

WHY = {
    Cause.CHANGE: "",
    Cause.CASCADE: " by foreign keys",
    Cause.TRIGGER: " by triggers",
}


def value(text: str | None) -> str:
    """A value in quotes, cut, and with nothing in it that a terminal would obey."""
    if text is None:
        return "null"
    cut = text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
    return f"'{visible(cut)}'"


def visible(text: str) -> str:
    """A text on one line; what a terminal would obey, or nobody would see, stands as escapes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def indented(text: str, by: str) -> str:
    """A text of several lines, each visible, that nobody takes for lines of the plan."""
    return f"\n{by}".join(map(visible, text.split("\n")))


def counts(ops: Iterable[Op]) -> str:
    """`2 updated, 1 deleted`."""
    found = Counter(ops)
    return ", ".join(f"{found[op]:,} {words}" for op, words in _DONE.items() if found[op])


def key(named: Image) -> str:
    """A row's key in words."""
    return ", ".join(f"{name} {value(text)}" for name, text in named.items()) or "(no key)"


def body(op: Op, before: Image | None, values: Image) -> str:
    """What happens to a row's values."""
    if op is Op.INSERT:
        return ", ".join(f"{name} {value(text)}" for name, text in values.items())
    whole = before or {}
    if op is Op.DELETE:
        return ", ".join(f"{name} {value(text)}" for name, text in whole.items())
    return ", ".join(
        f"{name} {value(whole.get(name))} → {value(text)}" for name, text in values.items()
    )


def more(number: int) -> Iterator[str]:
    """That there are more than are listed, where there are."""
    if number > KEPT:
        yield f"  … and {number - KEPT:,} more"


def left_alone(skipped: Iterable[Skipped], number: int) -> Iterator[str]:
    """The rows that are left alone, each with its reason."""
    if not number:
        return
    yield ""
    yield f"{plural(number, 'row')} left alone:"
    kept = list(islice(skipped, KEPT))
    yield from (f"  {one.table} {key(one.key)}: {one.reason}" for one in kept)
    yield from more(number)
