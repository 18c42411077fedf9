"""The catalog as a table: one line an invariant, one a procedure."""

from collections.abc import Iterator, Sequence

from trueup.catalog import Catalog
from trueup.listing.serving import export, procedures
from trueup.model.fix import columns
from trueup.report.phrase import plural


def table(catalog: Catalog) -> str:
    """Severity, name and fix of each invariant; then what an operator may ask for."""
    rows = [(i.severity, i.id, ", ".join(i.fixes)) for i in catalog.invariants]
    asked = list(_procedures(catalog))
    lines = [*_aligned(rows), "", *_aligned(asked), *([""] if asked else []), _count(catalog)]
    return "\n".join(lines)


def _procedures(catalog: Catalog) -> Iterator[tuple[str, str, str]]:
    for system in catalog.systems():
        for fix in procedures(catalog, system):
            typed = ", ".join(columns(fix.row)) if fix.row else ""
            yield "procedure", f"{system}.{fix.name}", typed
        if command := export(catalog, system):
            yield "procedure", f"{system}.export_user", command


def _aligned(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    wide = max((len(name) for _, name, _ in rows), default=0)
    return (f"{kind}  {name:<{wide}}  {said}".rstrip() for kind, name, said in rows)


def _count(catalog: Catalog) -> str:
    invariants = plural(len(catalog.invariants), "invariant")
    return f"{invariants} in {plural(len(catalog.systems()), 'system')}"
