"""The catalog as JSON: everything that an invariant declares."""

import json
import re
from collections.abc import Iterator

from trueup.catalog import Catalog
from trueup.listing.runbook import page, sections
from trueup.model.fix import Fix, columns
from trueup.model.invariant import Invariant

OUTSIDE = ("stripe", "http", "storage")
"""What an invariant may read beside the database; `over` names it with what it is of."""

_FROM = re.compile(r'\b(?:from|join)\s+([\w."]+)(?![\w."]*\s*\()', re.IGNORECASE)


def as_json(catalog: Catalog) -> str:
    """One object an invariant, in the order of the catalog."""
    headings = {system: sections(catalog.root, system) for system in catalog.systems()}
    found = [_plain(catalog, one, headings[one.system]) for one in catalog.invariants]
    return json.dumps(found, indent=1, ensure_ascii=False)


def sources(found: Invariant) -> tuple[str, ...]:
    """
    What it reads, as far as it says so: the tables that it judges, and what it asks for beside.

    Of a SELECT in `over` the tables are named; catalogs of the server are tables too.
    """
    judged = [name for of in found.over.values() for name in _judged(of)]
    named = {name.partition(".")[0] for name in judged}
    asked = [name for name in OUTSIDE if name in found.asks and name not in named]
    return tuple(dict.fromkeys([*judged, *asked]))


def _judged(of: str) -> Iterator[str]:
    if not of.startswith("("):
        yield of
    for name in _FROM.findall(of) if of.startswith("(") else ():
        yield name.replace('"', "")


def _plain(catalog: Catalog, found: Invariant, headings: dict[str, str]) -> dict[str, object]:
    return {
        "system": found.system,
        "name": found.name,
        "severity": found.severity,
        "harm": found.harm,
        "over": list(found.over),
        "sources": list(sources(found)),
        "fix": list(found.fixes),
        "fixes": [_plain_fix(fix) for fix in catalog.fixes(found)],
        "runbook": _section(found, headings),
        "owner": found.owner,
        "tags": list(found.tags),
        "asks": list(found.asks),
    }


def _section(found: Invariant, headings: dict[str, str]) -> dict[str, str | None] | None:
    """Where the runbook speaks of it; the heading is None where the page has no such anchor."""
    if found.runbook is None:
        return None
    return {
        "page": page(found.system),
        "anchor": found.runbook,
        "section": headings.get(found.runbook),
    }


def _plain_fix(fix: Fix) -> dict[str, object]:
    typed = list(columns(fix.row)) if fix.row else []
    return {
        "name": fix.name,
        "path": fix.path,
        "steps": fix.steps,
        "undo": fix.undo,
        "typed": typed,
    }
