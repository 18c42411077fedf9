"""
How long the suites of all systems take together, as far as they ask the database.

Two workers, each with one guarded session at a time, evaluate every invariant of every system of
the sample that asks the database and nothing outside of it: the way a run does it, guard, snapshot,
count of what is judged and all. Starting servers and loading data is not counted, nor is pytest.
All of them must hold, or not apply: an error would be quick.
"""

import os
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from contextlib import suppress
from pathlib import Path
from statistics import median

from msgspec.structs import replace

from trueup import catalog
from trueup.config import Config, EnvironmentConfig, Project, find_project
from trueup.model.invariant import Invariant
from trueup.model.verdict import Outcome, Verdict
from trueup.sample import CLOCK, Cluster, scratch
from trueup.sample import systems as worlds
from trueup.suite.opened import Systems

ROOT = Path(__file__).parents[1]
WORKERS = 2
ROUNDS = 3
BOUND_S = 3.0
BENCH = "bench"

OUTSIDE = frozenset({"stripe", "http", "storage"})
SOUND = (Verdict.HOLDS, Verdict.NOT_APPLICABLE)


class Worker(threading.Thread):
    """Takes invariants from its end of the queue, so that most systems have one worker."""

    def __init__(self, project: Project, queue: deque[Invariant], *, front: bool) -> None:
        super().__init__()
        self.project = project
        self.take = queue.popleft if front else queue.pop
        self.outcomes: dict[str, Outcome] = {}
        self._systems: Systems | None = None
        self._system = ""

    def run(self) -> None:
        """Evaluate until nothing is left."""
        with tempfile.TemporaryDirectory() as folder, suppress(IndexError):
            while True:
                found = self.take()
                systems = self._opened(found.system, Path(folder))
                self.outcomes[found.id] = systems.outcome(found, CLOCK)
        if self._systems is not None:
            self._systems.close()

    def _opened(self, system: str, folder: Path) -> Systems:
        """The system, in the place of the one before."""
        if self._systems is None or self._system != system:
            if self._systems is not None:
                self._systems.close()
            self._system = system
            self._systems = Systems.of(self.project, BENCH, (system,), "bench", folder)
        return self._systems


def main() -> int:
    """Measure, print, and fail where the bound does not hold."""
    project = find_project(ROOT)
    names = [name for name, system in project.config.systems.items() if system.sample]
    with scratch() as cluster:
        for name in names:
            worlds.load(cluster, ROOT / "tests" / "systems" / name)
        cluster.wait_for_replay()
        benched = pointed(project, cluster, names)
        asked = [one for one in catalog.load(ROOT).invariants if not OUTSIDE & set(one.asks)]
        rounds = [measured(benched, asked) for _ in range(ROUNDS)]
    slowest = Counter({name: outcome.seconds for name, outcome in rounds[-1][1].items()})
    for name, took in slowest.most_common(5):
        print(f"{took * 1000:6.0f} ms  {name}")
    seconds = median(taken for taken, _ in rounds)
    judged = sum(sum(one.judged.values()) for one in rounds[-1][1].values())
    print(f"{len(names)} systems, {judged:,} rows judged, {WORKERS} connections; bound {BOUND_S} s")
    print(f"invariants={len(asked)} seconds={seconds:.2f}")
    return 0 if seconds <= BOUND_S else 1


def measured(project: Project, asked: list[Invariant]) -> tuple[float, dict[str, Outcome]]:
    """Seconds until every invariant has its outcome; ends the benchmark where one is not sound."""
    queue = deque(asked)
    workers = [Worker(project, queue, front=front) for front in (True, False)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - started
    outcomes = {name: one for worker in workers for name, one in worker.outcomes.items()}
    unsound = {
        name: f"{one.verdict}: {one.reason}"
        for name, one in outcomes.items()
        if one.verdict not in SOUND
    }
    if unsound or len(outcomes) != len(asked):
        sys.exit(f"not every invariant holds on the sample: {unsound}")
    return seconds, outcomes


def pointed(project: Project, cluster: Cluster, names: list[str]) -> Project:
    """The project, with an environment of each system that leads to these servers."""
    systems = {}
    for name in names:
        replica, visitor = (f"BENCH_{name}_{key}".upper() for key in ("replica", "visitor"))
        os.environ[replica] = cluster.dsn("trueup_reader", "standby", name)
        os.environ[visitor] = cluster.dsn("authenticator", "standby", name)
        here = {BENCH: EnvironmentConfig(replica=replica, visitor=visitor)}
        systems[name] = replace(project.system(name), environments=here)
    return Project(ROOT, Config(systems=systems))


if __name__ == "__main__":
    sys.exit(main())
