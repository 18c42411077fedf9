"""The fixes that serve a system, and which of them an operator may ask for."""

from trueup.catalog import Catalog, own_fixes, person
from trueup.model.fix import Fix


def serving(catalog: Catalog, system: str) -> list[Fix]:
    """Every fix that an invariant of the system names, and every one in its own folder."""
    named = {fix for found in catalog.of(system) for fix in catalog.fixes(found)}
    every = named | set(own_fixes(catalog.root, system))
    return sorted(every, key=lambda found: found.name)


def procedures(catalog: Catalog, system: str) -> list[Fix]:
    """The system's own fixes that an operator may type a row for, named by an invariant or not."""
    return [fix for fix in own_fixes(catalog.root, system) if fix.row is not None]


def export(catalog: Catalog, system: str) -> str:
    """The command that gives a person what is theirs; empty where nobody is declared."""
    declared = person(catalog.root, system) is not None
    return f"trueup export {system} user_id=…" if declared else ""
