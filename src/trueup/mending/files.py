"""Plan files: written, read, approved; and what a plan must have before it is applied."""

from datetime import UTC, datetime
from pathlib import Path

from trueup import planfile
from trueup.environment import Environment
from trueup.errors import ApplyError, PlanError
from trueup.model.plan import Approval, Plan


def require_consent(plan: Plan, agreed: bool) -> None:
    """Raise ApplyError for a plan that cannot be undone, unless that was agreed to."""
    if plan.undo is not None and plan.does_something and not agreed:
        raise ApplyError(
            f"{plan.name} cannot be undone: {plan.undo.rstrip('.')}; apply it with --no-undo"
        )


def require_expected(plan: Plan, digest: str | None) -> None:
    """Raise ApplyError for another plan than the one of that digest; None for any."""
    if digest is not None and plan.digest != digest:
        raise ApplyError(f"this is plan {plan.digest}, not {digest}; nothing was changed")


def write(plan: Plan, path: Path) -> None:
    """Write a plan file; raises PlanError where the disk refuses."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(planfile.lines(plan))
    except OSError as error:
        raise PlanError(f"the plan could not be written to {path}: {error.strerror}") from None


def approve(plan: Plan, path: Path, by: str, note: str = "") -> Approval:
    """
    Add to a plan file that somebody else than its planner approves it; gives the approval.

    Raises ApplyError for one's own plan, for one that does nothing, and for one that has expired.
    """
    now = datetime.now(UTC)
    if by == plan.by:
        raise ApplyError(f"{by} made this plan; somebody else has to approve it")
    if not plan.does_something:
        raise ApplyError("the plan changes nothing, so there is nothing to approve")
    if now >= plan.expires:
        raise ApplyError(f"the plan expired at {plan.expires:%Y-%m-%d %H:%M} UTC; plan again")
    approval = Approval(by=by, at=now, digest=plan.digest, note=note)
    try:
        with path.open("ab") as file:
            file.write(planfile.approved(approval))
    except OSError as error:
        raise PlanError(f"{path} could not be written: {error.strerror}") from None
    return approval


def require_approved(plan: Plan, environment: Environment) -> None:
    """Raise ApplyError where the environment wants an approval that the plan does not have."""
    if not environment.approval or not plan.does_something:
        return
    given = [one for one in plan.approvals if one.digest == plan.digest and one.by != plan.by]
    if not given:
        raise ApplyError(
            f"{environment.name} wants somebody else than {plan.by} to approve the plan; they run"
            " `trueup approve` on its file"
        )


def read(path: Path) -> Plan:
    """Read a plan file; raises PlanError where there is none or it was changed."""
    try:
        with path.open("rb") as file:
            return planfile.load(file)
    except OSError as error:
        raise PlanError(
            f"no plan can be read from {path}: {error.strerror}; make one with `trueup plan`"
        ) from None
