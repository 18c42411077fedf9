"""The catalog in words: a table for a terminal, JSON for a program, Markdown for the docs."""

import json
from collections.abc import Iterator

from trueup.catalog import Catalog, own_fixes
from trueup.model.fix import Fix, columns
from trueup.model.invariant import Invariant


def table(catalog: Catalog) -> str:
    """One line an invariant: severity, name, fix."""
    rows = [(i.severity, i.id, ", ".join(i.fixes)) for i in catalog.invariants]
    wide = max(len(name) for _, name, _ in rows)
    lines = [f"{severity}  {name:<{wide}}  {fixes}" for severity, name, fixes in rows]
    return "\n".join([*lines, "", _count(catalog)])


def as_json(catalog: Catalog) -> str:
    """Everything an invariant declares, one object each."""
    return json.dumps([_plain(catalog, found) for found in catalog.invariants], indent=1)


def markdown(catalog: Catalog) -> str:
    """The page docs/catalog.md, whole."""
    lines = [
        "# The catalog",
        "",
        "What must be true, and what makes it true again.",
        "This page is written by `trueup list --format markdown`; change the code, not the page.",
    ]
    for system in catalog.systems():
        lines += ["", f"## {system}", "", *_invariants(catalog, system)]
        lines += ["", "### Fixes", "", *_fixes(catalog, system)]
    return "\n".join(lines) + "\n"


def _invariants(catalog: Catalog, system: str) -> Iterator[str]:
    yield "| severity | what must be true | if not | fix |"
    yield "|---|---|---|---|"
    for found in catalog.of(system):
        harm = " ".join(found.harm.split()).replace("|", "\\|")
        fixes = ", ".join(f"`{name}`" for name in found.fixes)
        yield f"| {found.severity} | `{found.name}` | {harm} | {fixes} |"


def _fixes(catalog: Catalog, system: str) -> Iterator[str]:
    yield "| fix | what it does | an operator may type | at most | undo |"
    yield "|---|---|---|---|---|"
    for fix in sorted(_serving(catalog, system), key=lambda found: found.name):
        summary = fix.summary.split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
        there = (catalog.root / fix.path).is_file()  # a library that is installed is elsewhere
        link = f"[`{fix.name}`](../{fix.path})" if there else f"`{fix.name}`"
        undo = "nothing to undo: steps for a person" if fix.steps else fix.undo or "yes"
        typed = ", ".join(columns(fix.row)).replace("|", "\\|") if fix.row else ""
        yield f"| {link} | {summary} | {typed} | {fix.at_most} | {undo} |"


def _serving(catalog: Catalog, system: str) -> set[Fix]:
    named = {fix for found in catalog.of(system) for fix in catalog.fixes(found)}
    return named | set(own_fixes(catalog.root, system))


def _plain(catalog: Catalog, found: Invariant) -> dict[str, object]:
    return {
        "system": found.system,
        "name": found.name,
        "severity": found.severity,
        "harm": found.harm,
        "over": list(found.over),
        "fixes": [_plain_fix(fix) for fix in catalog.fixes(found)],
        "runbook": found.runbook,
        "owner": found.owner,
        "tags": list(found.tags),
        "asks": list(found.asks),
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


def _count(catalog: Catalog) -> str:
    systems = catalog.systems()
    return (
        f"{len(catalog.invariants)} invariants in {len(systems)} system" + "s"[: len(systems) > 1]
    )
