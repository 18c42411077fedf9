"""The page docs/catalog.md: each system's invariants and fixes, and what was owed otherwise."""

from collections.abc import Iterator

from trueup.catalog import INVARIANTS, PERSON, Catalog
from trueup.listing.renamed import renamed
from trueup.listing.serving import export, serving
from trueup.model.fix import columns


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
        lines += _export(catalog, system)
    lines += _renamed(catalog)
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
    for fix in serving(catalog, system):
        summary = fix.summary.split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
        there = (catalog.root / fix.path).is_file()  # a library that is installed is elsewhere
        link = f"[`{fix.name}`](../{fix.path})" if there else f"`{fix.name}`"
        undo = "nothing to undo: steps for a person" if fix.steps else fix.undo or "yes"
        typed = ", ".join(columns(fix.row)).replace("|", "\\|") if fix.row else ""
        yield f"| {link} | {summary} | {typed} | {fix.at_most} | {undo} |"


def _export(catalog: Catalog, system: str) -> Iterator[str]:
    """Who asks for what is theirs is given it by a command of its own: nothing is changed."""
    if command := export(catalog, system):
        home = f"{INVARIANTS}/{system}/{PERSON}"
        yield ""
        yield (
            f"Procedure `export_user`: `{command}` writes [all that is theirs](privacy.md), as"
            f" [`{PERSON}`](../{home}) declares it."
        )


def _renamed(catalog: Catalog) -> Iterator[str]:
    """What was owed under another name, or less well, over all systems."""
    rows = [
        (system, owed, one)
        for system in catalog.systems()
        for owed, one in renamed(catalog.root, system).items()
    ]
    if not rows:
        return
    yield from ("", "## Bettered or renamed", "")
    yield "Rows of the catalog that was owed, where they are called otherwise here or do more."
    yield from ("", "| system | owed | here | why |", "|---|---|---|---|")
    for system, owed, one in rows:
        here = ", ".join(f"`{name}`" for name in one.here) or "no row"
        yield f"| {system} | `{owed}` | {here} | {one.why.replace('|', chr(92) + '|')} |"
