"""The run as OpenMetrics: verdicts, counts, ages, durations and metrics, for whoever collects."""

from collections.abc import Iterable, Iterator, Mapping

from trueup.model.run import Record, Run
from trueup.model.verdict import Verdict

Sample = tuple[Mapping[str, str], float]


def exposition(run: Run) -> str:
    """The whole text, ended as the format wants it."""
    lines = [line for family in _families(run) for line in family]
    return "\n".join([*lines, "# EOF", ""])


def _families(run: Run) -> Iterator[Iterable[str]]:
    of = {record.id: _labels(run, record) for record in run.records}
    looked = [one for one in run.records if one.verdict is not Verdict.NOT_APPLICABLE]
    known = [one for one in looked if one.verdict is not Verdict.UNKNOWN]
    yield _family(
        "trueup_verdict",
        "What the run says of an invariant.",
        (
            (of[one.id] | {"trueup_verdict": str(verdict)}, float(one.verdict is verdict))
            for one in run.records
            for verdict in Verdict
        ),
        kind="stateset",
    )
    yield _family(
        "trueup_violations",
        "Rows that break an invariant, those that a waiver covers left out.",
        ((of[one.id], float(one.unwaived)) for one in known),
    )
    yield _family(
        "trueup_waived_violations",
        "Rows that break an invariant and are covered by a waiver in force.",
        ((of[one.id], float(one.waived)) for one in known),
    )
    yield _family(
        "trueup_judged_rows",
        "Rows that the verdict rests on.",
        ((of[one.id], float(sum(one.judged.values()))) for one in known),
    )
    yield _family(
        "trueup_violated_seconds",
        "How long an invariant has been violated without a break.",
        ((of[one.id], age) for one in known if (age := _age(run, one)) is not None),
        unit="seconds",
    )
    yield _family(
        "trueup_evaluation_seconds",
        "How long an invariant took to evaluate.",
        ((of[one.id], one.seconds) for one in looked),
        unit="seconds",
    )
    yield from _costs(run)
    yield from _whole(run)


def _costs(run: Run) -> Iterator[Iterable[str]]:
    """What each system's server was asked for, where that was measured."""
    of = [
        ({"environment": run.environment, "system": system.name}, system.cost)
        for system in run.systems
        if system.cost is not None
    ]
    yield _family(
        "trueup_server_connections",
        "Connections that the run opened to a system's server.",
        ((labels, float(cost.connections)) for labels, cost in of),
    )
    yield _family(
        "trueup_server_rows_read",
        "Rows that the server read for the run; at least, where not all were counted.",
        ((labels, float(cost.rows)) for labels, cost in of),
    )
    yield _family(
        "trueup_server_blocks_read",
        "Blocks that the server read for the run; at least, where not all were counted.",
        ((labels, float(cost.blocks)) for labels, cost in of),
    )
    yield _family(
        "trueup_server_waited_seconds",
        "How long the server's answers were waited for, on all connections together.",
        ((labels, cost.seconds) for labels, cost in of),
        unit="seconds",
    )
    yield _family(
        "trueup_server_longest_snapshot_seconds",
        "The longest time that one snapshot was held open on the server.",
        ((labels, cost.longest_snapshot) for labels, cost in of),
        unit="seconds",
    )


def _whole(run: Run) -> Iterator[Iterable[str]]:
    here = {"environment": run.environment}
    yield _family(
        "trueup_metric",
        "A number beside the verdicts.",
        (
            (here | {"system": one.system, "metric": one.name, "label": label}, value)
            for one in run.metrics
            for label, value in dict(one.points).items()
        ),
    )
    yield _family(
        "trueup_run_as_of_timestamp_seconds",
        "The instant that the run speaks of.",
        [(here, run.as_of.timestamp())],
        unit="seconds",
    )
    yield _family(
        "trueup_run_finished_timestamp_seconds",
        "When the run was done.",
        [(here, run.finished.timestamp())],
        unit="seconds",
    )
    yield _family(
        "trueup_run_duration_seconds",
        "How long the run took.",
        [(here, (run.finished - run.started).total_seconds())],
        unit="seconds",
    )


def _family(
    name: str, told: str, samples: Iterable[Sample], *, kind: str = "gauge", unit: str = ""
) -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    if unit:
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {told}"
    for labels, value in samples:
        said = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"{name}{{{said}}} {value:.15g}"


def _labels(run: Run, record: Record) -> dict[str, str]:
    return {
        "environment": run.environment,
        "system": record.system,
        "invariant": record.name,
        "severity": record.severity,
    }


def _age(run: Run, record: Record) -> float | None:
    if record.verdict is not Verdict.VIOLATED or record.past is None or record.past.since is None:
        return None
    return (run.as_of - record.past.since).total_seconds()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
