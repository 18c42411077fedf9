"""What an invariant would ask, found by calling it with a replica that answers nothing."""

from collections.abc import Mapping
from typing import NoReturn

from trueup.ahead.units import Question
from trueup.model.invariant import Invariant
from trueup.quiet import quiet
from trueup.replica.reader import Reader, Rows

HERE = frozenset({"replica", "now", "settings"})
"""Resources that are there before anything is asked."""


class _Looked(BaseException):  # not an Exception: an invariant that catches those goes on
    """The invariant looks at rows itself, so there is no one question that it comes down to."""


class _Draft(Reader):
    """Takes questions, and stops whoever looks at an answer."""

    def __init__(self) -> None:
        super().__init__(None)  # type: ignore[arg-type]  # no connection, so nothing can be asked

    def _asking(self) -> NoReturn:
        raise _Looked

    def _refuse_calls(self, *_: object) -> NoReturn:
        raise _Looked


def question(invariant: Invariant, resources: Mapping[str, object]) -> Question | None:
    """
    The one question that an invariant comes down to, None where it does more than ask it.

    What it prints or warns of is dropped, since it may hold a setting; where it fails, it will
    fail again at its turn and be told then.
    """
    if not HERE.issuperset(invariant.asks) or any(
        map(invariant.lies_outside, invariant.over.values())
    ):
        return None
    given = {"replica": _Draft(), **resources}
    try:
        with quiet():
            answer = invariant.ask(**{name: given[name] for name in invariant.asks})
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  # it may even exit; told at its turn, as said above
        return None
    if not isinstance(answer, Rows):
        return None
    return Question(answer, frozenset(invariant.calls), invariant.id, invariant.key)
