"""Calls on their way into a plan: whether they could be made at all."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from trueup.errors import PlanError
from trueup.model.change import Call
from trueup.model.plan import PlannedCall, Skipped
from trueup.primary.asking import AskedCall
from trueup.primary.service import METHODS


def require_callable(fix: str, asked: Sequence[AskedCall], services: AbstractSet[str]) -> None:
    """Raise PlanError for a call to a service that is not there, or that is not written as one."""
    for one in asked:
        for call in (one.call, one.call.undo):
            if call is not None:
                _require(fix, call, services)


def planned_call(call: Call) -> PlannedCall:
    """The call as a plan has it."""
    back = call.undo
    return PlannedCall(
        service=call.service,
        method=call.method,
        path=call.path,
        body=call.body,
        back={"method": back.method, "path": back.path, "body": back.body} if back else None,
    )


def uncalled(call: PlannedCall, reason: str) -> Skipped:
    """A call that is not made, and why."""
    return Skipped(table=call.service, key={"call": f"{call.method} {call.path}"}, reason=reason)


def _require(fix: str, call: Call, services: AbstractSet[str]) -> None:
    if call.service not in services:
        there = ", ".join(sorted(services)) or "none"
        raise PlanError(
            f"{fix} calls the service {call.service!r}; trueup.toml has {there} here, add it under"
            " services"
        )
    if call.method not in METHODS:
        raise PlanError(f"{fix} calls with {call.method!r}; it is one of {', '.join(METHODS)}")
    if not call.path.startswith("/"):
        raise PlanError(f"{fix} calls the path {call.path!r}; it begins with a slash")
    if not call.path.isprintable():
        raise PlanError(
            f"{fix} calls the path {call.path!r}, which no address has; quote what it is made of"
        )
