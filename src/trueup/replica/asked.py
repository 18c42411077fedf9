"""The SQL that an invariant would ask, found without asking it."""

from collections.abc import Iterator
from types import CodeType

from trueup.errors import CatalogError, StatementError
from trueup.model.invariant import Invariant
from trueup.replica.statement import looks_like_sql, statement


def check_sql(invariant: Invariant) -> None:
    """
    Check every statement that the invariant's function names or holds, before anything runs.

    Raises CatalogError that names the invariant and what its SQL says. SQL that is put together
    at run time cannot be seen here; it meets the same check when it is asked.
    """
    for text in _texts(invariant):
        try:
            statement(text)
        except StatementError as error:
            raise CatalogError(f"{invariant.name}: {error}") from None


def _texts(invariant: Invariant) -> Iterator[str]:
    code = getattr(invariant.ask, "__code__", None)
    if code is None:
        return
    scope = getattr(invariant.ask, "__globals__", {})
    cells = getattr(invariant.ask, "__closure__", None) or ()
    held = [*_constants(code), *(scope.get(name) for name in code.co_names)]
    held += [cell.cell_contents for cell in cells]
    yield from (text for text in held if isinstance(text, str) and looks_like_sql(text))


def _constants(code: CodeType) -> Iterator[object]:
    for constant in code.co_consts[1:] if code.co_consts else ():
        if isinstance(constant, CodeType):
            yield from _constants(constant)
        else:
            yield constant
