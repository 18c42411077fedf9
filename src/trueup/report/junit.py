"""The run as JUnit XML with properties, for whoever reads nothing else."""

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from trueup.model.run import Record, Run
from trueup.model.verdict import Verdict
from trueup.report import past, phrase, words
from trueup.report.properties import properties

# Apart, since a class of such ranges takes milliseconds to compile.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]|[\ud800-\udfff]|[\ufffe\uffff]")
"""What XML cannot hold, escaped or not."""


def document(run: Run) -> str:
    """A suite a system; violated is a failure, unknown an error, waived and excused are skipped."""
    root = Element("testsuites", name="trueup", time=f"{_took(run):.3f}")
    for system in dict.fromkeys(record.system for record in run.records):
        records = [record for record in run.records if record.system == system]
        suite = SubElement(
            root,
            "testsuite",
            name=_said(system),
            timestamp=run.started.isoformat(timespec="seconds"),
            tests=str(len(records)),
            failures=str(sum(_kind(one) == "failure" for one in records)),
            errors=str(sum(_kind(one) == "error" for one in records)),
            skipped=str(sum(_kind(one) == "skipped" for one in records)),
            time=f"{sum(one.seconds for one in records):.3f}",
        )
        for record in records:
            _case(suite, run, record)
    indent(root, " ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(suite: Element, run: Run, record: Record) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=_said(record.system),
        name=_said(record.name),
        time=f"{record.seconds:.3f}",
    )
    found = SubElement(case, "properties")
    told = properties(record)
    if since := past.since(run, record):
        told["since"] = since
    for name, value in told.items():
        SubElement(found, "property", name=name, value=_said(value))
    kind = _kind(record)
    if kind:
        made = SubElement(case, kind, message=_said(_message(record)))
        if kind == "failure":
            made.text = _said("\n".join(words.violated(record)))


def _kind(record: Record) -> str:
    if record.excused or record.verdict in (Verdict.WAIVED, Verdict.NOT_APPLICABLE):
        return "skipped"
    return {Verdict.VIOLATED: "failure", Verdict.UNKNOWN: "error"}.get(record.verdict, "")


def _message(record: Record) -> str:
    if record.maintenance:
        return f"{record.verdict} in maintenance: {record.maintenance}"
    if record.known:
        return f"{record.verdict}, known since the run {record.known}"
    if record.verdict is Verdict.VIOLATED:
        return phrase.counted(record)
    return record.reason or str(record.verdict)


def _took(run: Run) -> float:
    return (run.finished - run.started).total_seconds()


def _said(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
