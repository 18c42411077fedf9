"""A metric: numbers that a reviewer wants beside the verdicts, and that are never one."""

from collections.abc import Callable
from inspect import getdoc, signature

from msgspec import Struct
from msgspec.structs import replace

from trueup.errors import CatalogError
from trueup.model.invariant import Ask


class Metric(Struct, frozen=True, kw_only=True):
    """A question whose rows are (label, value), or one row with one number."""

    ask: Ask
    title: str
    unit: str
    note: str
    system: str = ""
    name: str = ""

    @property
    def asks(self) -> tuple[str, ...]:
        """The resources that it reads, by name."""
        return tuple(signature(self.ask).parameters)

    def named(self, system: str, attribute: str) -> "Metric":
        """The same metric under the name that its module gave it."""
        return replace(self, system=system, name=attribute)


def metric(*, title: str, unit: str = "") -> Callable[[Ask], Metric]:
    """
    Declare the function below as a metric: its rows are drawn as numbers and a small chart.

    One column is a number of its own; with two, the first is the label. Raises CatalogError where
    the docstring that explains it is missing.
    """

    def declare(ask: Ask) -> Metric:
        note = getdoc(ask)
        if not note:
            raise CatalogError(f"{ask.__name__} has no docstring; say what it measures, in one")
        return Metric(ask=ask, title=title, unit=unit, note=note)

    return declare
