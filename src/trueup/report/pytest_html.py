"""
What pytest-html shows of an invariant, for the plugin's hooks to pass on.

Its cells and extras are raw HTML, so everything here is escaped; and its log, where a traceback
would stand with rows in it, is left empty.
"""

from collections.abc import MutableSequence
from urllib.parse import quote

from markupsafe import Markup, escape

from trueup.model.run import Record, Run
from trueup.model.verdict import Verdict
from trueup.report import costs, phrase
from trueup.report.links import NOWHERE, Links
from trueup.report.sample import sample
from trueup.report.template import asset, render

COLUMNS = ("severity", "verdict", "testId", "violations", "judged", "seconds")
"""Ours, between pytest-html's Result and Links; `testId` is the name its own script knows."""

TITLES = {"testId": "Invariant"}

Cells = MutableSequence[str]
Extra = dict[str, str | None]


def header(cells: Cells) -> None:
    """For `pytest_html_results_table_header`: our columns instead of Test and Duration."""
    cells[1:3] = [
        Markup('<th class="sortable" data-column-type="{}">{}</th>').format(
            column, TITLES.get(column, column.capitalize())
        )
        for column in COLUMNS
    ]


def row(found: Record | None, nodeid: str, seconds: float, cells: Cells) -> None:
    """
    For `pytest_html_results_table_row`: our cells instead of Test and Duration.

    A test that is no invariant gets as many, or pytest-html would mix up its columns.
    """
    values = _values(found) if found else _values_of_test(nodeid, seconds)
    cells[1:3] = [
        Markup('<td class="col-{}">{}</td>').format(column, value)
        for column, value in zip(COLUMNS, values, strict=True)
    ]


def extras(found: Record, page: str | None = None, links: Links = NOWHERE) -> list[Extra]:
    """
    What goes into the `extras` of a test's report: the detail below its row, and the links.

    `page` is the address of the run's page as seen from the HTML file, `links` say where the
    project's files are from there.
    """
    detail = render(
        "pytest_html.html.j2", record=found, shown=sample(found), page=page, links=links
    )
    made = [_extra("html", detail)]
    if page is not None:
        made.append(_extra("url", Markup("{}#{}").format(page, quote(found.id)), name="page"))
    if _violated(found) and found.fixes and (fix := links.file(found.fixes[0].path)):
        made.append(_extra("url", str(escape(fix)), name="fix"))
    if runbook := links.file(phrase.runbook(found)) if found.runbook else "":
        made.append(_extra("url", str(escape(runbook)), name="runbook"))
    return made


def silence(log: MutableSequence[str]) -> None:
    """For `pytest_html_results_table_html`: no log, since a traceback may hold what a row holds."""
    log.clear()


def summary(prefix: MutableSequence[str], run: Run | None = None) -> None:
    """For `pytest_html_results_summary`: our style, and the verdict that pytest's counts hide."""
    style = Markup(asset("pytest_html.css"))  # noqa: S704  # a file of this package
    prefix.append(Markup("<style>{}</style>").format(style))
    if run is not None:
        said = (phrase.sentence(run), phrase.moment(run.as_of), run.environment)
        prefix.append(Markup("<p><b>{}</b> As of {}, {}.</p>").format(*said))
        told = [costs.told(*one) for one in costs.measured(run)]
        prefix.extend(Markup("<p>Cost to production: {}.</p>").format(one) for one in told)


def _values(found: Record) -> tuple[str | Markup, ...]:
    verdicts = list(phrase.ORDER)
    return (
        found.severity,
        _sorted(f"{verdicts.index(found.verdict)} {found.severity}", _verdict(found)),
        found.id,
        _sorted(f"{found.count:012}", phrase.violations(found) if found.count else "–"),
        _sorted(f"{sum(found.judged.values()):012}", phrase.judged(found) or "–"),
        _sorted(f"{found.seconds:012.4f}", f"{found.seconds:.3f}"),
    )


def _values_of_test(nodeid: str, seconds: float) -> tuple[str | Markup, ...]:
    return ("–", "–", nodeid, "–", "–", _sorted(f"{seconds:012.4f}", f"{seconds:.3f}"))


def _verdict(found: Record) -> str | Markup:
    return Markup("<b>{}</b>").format(found.verdict) if _violated(found) else str(found.verdict)


def _sorted(key: str, text: str | Markup) -> Markup:
    """A cell's text behind a comment that pytest-html's script sorts by: it compares only text."""
    return Markup("<!--{}-->{}").format(key, text)


def _violated(found: Record) -> bool:
    return found.verdict is Verdict.VIOLATED


def _extra(kind: str, content: str, name: str | None = None) -> Extra:
    return {
        "format_type": kind,
        "content": content,
        "name": name,
        "mime_type": None,
        "extension": None,
    }
