"""The demo: a sample with every fault planted, checked, and a command that mends one of them."""

from collections.abc import Sequence

from trueup import mending
from trueup.command import program
from trueup.config import SAMPLE, Project
from trueup.environment import SAMPLE_FOLDER, sample_folder
from trueup.errors import RunError
from trueup.history.folder import DATA, read
from trueup.model.run import FixRecord, Record, Run
from trueup.model.verdict import Verdict
from trueup.progress import while_slow
from trueup.report import phrase, site, store
from trueup.sample import faults, hold, systems
from trueup.suite import check

SITE = "site"
"""Where among the reports the demo draws a site of all runs that there are."""


def plant_everything(project: Project) -> int:
    """Put every system of the sample back to sound, plant all its faults, and count them."""
    planted = 0
    making = while_slow("making the sample: a primary, its standby, and their data")
    with making, hold(project.root / SAMPLE_FOLDER) as cluster:
        for system in sampled(project):
            folder = sample_folder(project, system)
            systems.load(cluster, folder)
            systems.mend(cluster, folder)
            for fault in faults.load(folder):
                systems.plant(cluster, folder, fault)
                planted += 1
    return planted


def show(project: Project) -> tuple[int, list[str]]:
    """
    Make the sample, break it everywhere, check it; gives the exit code and the closing words.

    The exit code is 0 where every planted fault was named exactly, 1 otherwise.
    """
    planted = plant_everything(project)
    reports = project.root / "reports"
    earlier = set(reports.glob(f"*/{DATA}"))
    # Of two hundred invariants, most of them violated, the page tells better than a terminal.
    check.run(project, check.Asked(environment=SAMPLE, systems=sampled(project), brief=True))
    made = set(reports.glob(f"*/{DATA}")) - earlier
    if len(made) != 1:
        raise RunError("the demo's run was not written; `trueup check --env sample` shows why")
    path = made.pop()
    run = read(path)
    wrong = missed(project, run)
    lines = closing(run, planted, wrong)
    site.build(reports, reports / SITE, source="../../")
    lines += ["", f"open the page:  {path.with_name(store.PAGE)}"]
    lines += [f"the whole site: {reports / SITE / site.PAGE}", *_mend(project, run)]
    return (1 if wrong else 0), [*lines, "", f"check again:    {program()} check --env {SAMPLE}"]


def sampled(project: Project) -> tuple[str, ...]:
    """The systems that have a sample."""
    return tuple(name for name, found in project.config.systems.items() if found.sample)


def missed(project: Project, run: Run) -> list[str]:
    """Faults that the run did not name exactly; empty is what a sound suite gives."""
    named = {record.id: set(record.keys) for record in run.records}
    expected: dict[str, set[str]] = {}
    for system in sampled(project):
        for fault in faults.load(sample_folder(project, system)):
            for invariant, keys in ((fault.invariant, fault.keys), *fault.also.items()):
                expected.setdefault(f"{system}.{invariant}", set()).update(keys)
    return sorted(name for name, keys in expected.items() if named.get(name) != keys)


def closing(run: Run, planted: int, wrong: Sequence[str]) -> list[str]:
    """What was planted and what was found, with whatever was not named exactly."""
    violated = len(run.having(Verdict.VIOLATED))
    lines = [f"{planted} faults were planted; {violated} invariants are violated by them."]
    return lines + [f"not named exactly: {name}" for name in wrong]


def _mend(project: Project, run: Run) -> list[str]:
    """The command for the worst of those that a program can mend whole; a person does the rest."""
    for record in run.having(Verdict.VIOLATED):
        for fix in record.fixes:
            if not fix.steps and _mends(project, record, fix):
                what = phrase.placed(run, record)
                return [
                    "",
                    f"mend the worst that needs no person ({what}):",
                    "",
                    f"  {fix.command}",
                ]
    return []


def _mends(project: Project, record: Record, fix: FixRecord) -> bool:
    """Whether the fix's plan, made now, leaves nothing to a person."""
    asked = mending.Asked(
        name=f"{record.system}.{fix.name}", environment=SAMPLE, invariants=(record.name,)
    )
    plan = mending.plan(project, asked)
    return bool(plan.changes) and not plan.steps and not plan.skipped
