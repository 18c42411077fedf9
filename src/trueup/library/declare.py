"""What whoever switches a shared invariant on may say, and what holds where nothing is said."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from trueup.model.invariant import Ask, Invariant, invariant


class Options(TypedDict, total=False):
    """Every builder of the library takes these; each has a default that suits most systems."""

    severity: str
    fix: str | Sequence[str]
    harm: str
    runbook: str | None
    owner: str | None
    tags: Sequence[str]
    may_be_empty: bool
    needs: Sequence[str]


def declared(
    ask: Ask,
    defaults: Options,
    said: Options,
    *,
    over: str | Mapping[str, str],
    key: Sequence[str] = (),
    show: Sequence[str] = (),
    settled_by: str | None = None,
) -> Invariant:
    """The invariant that a builder returns: its defaults, and over them what was said."""
    options = defaults | said
    ask.__doc__ = options["harm"]
    return invariant(
        severity=options["severity"],
        over=over,
        fix=options["fix"],
        runbook=options.get("runbook"),
        key=key,
        show=show,
        needs=options.get("needs", ()),
        settled_by=settled_by,
        may_be_empty=options.get("may_be_empty", False),
        owner=options.get("owner"),
        tags=options.get("tags", ()),
    )(ask)
