"""Playing with the sample: up, down, reset, plant, mend; each says what it did and what is next."""

from trueup.command import program
from trueup.config import Project
from trueup.demo import sampled
from trueup.environment import SAMPLE_FOLDER, sample_folder
from trueup.errors import SampleError
from trueup.progress import while_slow
from trueup.sample import down as stop
from trueup.sample import faults, hold, systems
from trueup.sample import reset as erase
from trueup.sample import up as start


def up(project: Project) -> str:
    """Start the servers, load every system, and let them run."""
    with while_slow("starting the sample's servers, and loading its data the first time"):
        cluster = start(project.root / SAMPLE_FOLDER)
        for system in sampled(project):
            systems.load(cluster, sample_folder(project, system))
    return f"the sample is up; check it with `{program()} check --env sample`"


def down(project: Project) -> str:
    """Stop the servers and keep the data."""
    with while_slow("waiting for whoever uses the sample"):
        stop(project.root / SAMPLE_FOLDER)
    return "the sample is down; its data stays until `trueup sample reset`"


def reset(project: Project) -> str:
    """Stop the servers and remove the data."""
    with while_slow("waiting for whoever uses the sample"):
        erase(project.root / SAMPLE_FOLDER)
    return "the sample is gone; it is made anew when it is next needed"


def plant(project: Project, system: str, name: str) -> str:
    """
    Plant one fault, or without a name list those that there are.

    Raises SampleError, with the same list, for a name that none of them has.
    """
    folder = sample_folder(project, system)
    known = {fault.name: fault for fault in faults.load(folder)}
    listed = "\n".join(f"  {fault.name}: breaks {fault.invariant}" for fault in known.values())
    if not name:
        return f"the faults of {system}; plant one of them by its name\n{listed}"
    if name not in known:
        raise SampleError(f"{system} has no fault {name!r}; plant one of\n{listed}")
    with hold(project.root / SAMPLE_FOLDER) as cluster:
        systems.load(cluster, folder)
        systems.plant(cluster, folder, known[name])
    broken = known[name].invariant
    return f"planted; see it with `{program()} check {system} --env sample -k {broken}`"


def mend(project: Project, system: str) -> str:
    """Put a system back as it was loaded."""
    folder = sample_folder(project, system)
    with hold(project.root / SAMPLE_FOLDER) as cluster:
        systems.load(cluster, folder)
        systems.mend(cluster, folder)
    return f"{system} is sound again"
