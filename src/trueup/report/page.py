"""The reviewer's page: one static document, drawn from a run and from nothing else."""

from trueup.model.run import Run
from trueup.model.verdict import Verdict
from trueup.report import past, phrase
from trueup.report.chart import ticks
from trueup.report.document import frame
from trueup.report.links import BESIDE, Links
from trueup.report.sample import samples
from trueup.report.template import load, render

TEMPLATE = "page.html.j2"

OTHERS = tuple(f"{name}.html.j2" for name in ("base", "parts", "changes", "waived", "cost"))
"""What that template takes in."""

LISTED = 12
"""Invariants of a verdict in the list at the top; the rest is only counted there."""

MANY = 40
"""Violated invariants beyond which a browser lays out only those in view, to open at once."""


def prepare() -> None:
    """Read what draws a page, for whoever has time before there is a run."""
    load((TEMPLATE, *OTHERS))


def page(run: Run, links: Links = BESIDE) -> str:
    """
    The run as one self-contained HTML document that needs no script and no other file.

    `links` says where its files and, on a site, its neighbours are.
    """
    chosen = {verdict: run.having(verdict) for verdict in phrase.ORDER}
    title = f"{phrase.headline(run)} – {phrase.systems(run)}, {run.environment}"
    return render(
        TEMPLATE,
        **frame(run.verdict, title),
        run=run,
        titles=phrase.systems(run),
        violated=chosen[Verdict.VIOLATED],
        unknown=chosen[Verdict.UNKNOWN],
        waived=chosen[Verdict.WAIVED],
        not_applicable=chosen[Verdict.NOT_APPLICABLE],
        holds=chosen[Verdict.HOLDS],
        verdicts=[verdict for verdict in phrase.ORDER if chosen[verdict]],
        severities=sorted({record.severity for record in run.records}),
        ticks=ticks([record for verdict in phrase.ORDER for record in chosen[verdict]]),
        figures=[metric for metric in run.metrics if len(metric.points) < 2],
        charts=[metric for metric in run.metrics if len(metric.points) > 1],
        samples=samples(chosen[Verdict.VIOLATED]),
        links=links,
        trend=past.trend(run),
        listed=LISTED,
        many=MANY,
    ).lstrip()
