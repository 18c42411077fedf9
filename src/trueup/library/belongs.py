"""References that no foreign key guards: each row's owner must be there."""

from collections.abc import Iterable
from typing import Unpack

from trueup.library.declare import Options, declared
from trueup.model.invariant import Invariant, Row
from trueup.replica.names import Column, column, identifier, literal
from trueup.replica.reader import Reader


def belongs(
    child: str, parent: str, *, key: str = "id", is_text: bool = False, **said: Unpack[Options]
) -> Invariant:
    """
    Every row's reference is to a row that exists; a null refers to nothing and is left alone.

    `child` and `parent` are columns, as in `"ai_jobs.user_id"` and `"auth.users.id"`; `key` names
    a row of the child's table. `is_text` says that a reference to a uuid is kept as text: one that
    is no uuid refers to nobody, and one that is written otherwise (capitals, braces, no hyphens)
    to whom it names. Raises CatalogError for a name that is no column.
    """
    reference, referred = column(child), column(parent)
    shown = _shown(reference, key)
    orphans = f"select {', '.join(shown)}\n{_orphans(reference, referred)}\norder by 1"
    name, named = identifier(reference.name), identifier(referred.name)
    absent = f"child.{name} is not null and parent.{named} is null"

    def ask(replica: Reader) -> Iterable[Row]:
        if is_text:
            return replica.rows(orphans)
        joined = (reference.name, parent)
        return replica.where(reference.table, absent, columns=shown, parent=joined)

    table = reference.table
    return declared(
        ask,
        {
            "severity": "P2",
            "fix": "delete_orphaned_rows",
            "harm": f"Rows of {table} outlived what {child} names: they are counted, billed and"
            " joined, and a deleted person's data is still here.",
        },
        said,
        over=table,
        show=["table", "column"],
    )


def _shown(child: Column, key: str) -> list[str]:
    return [
        f"child.{identifier(key)}",
        f"child.{identifier(child.name)}",
        f'{literal(child.table)} as "table"',
        f'{literal(child.name)} as "column"',
    ]


def _orphans(child: Column, parent: Column) -> str:
    """Those of texts that name a uuid."""
    reference = f"child.{identifier(child.name)}"
    same = f"{_digits(f'parent.{identifier(parent.name)}')} = {_digits(reference)}"
    return f"""from {identifier(child.table)} as child
where {reference} is not null
  and not exists (select from {identifier(parent.table)} as parent where {same})"""


def _digits(column: str) -> str:
    """A uuid, however it is written, as the one word that all its spellings have in common."""
    return f"translate(lower({column}::text), '{{}}-', '')"
