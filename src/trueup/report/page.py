"""The reviewer's page: one static document, drawn from a run and from nothing else."""

import base64
import hashlib
from urllib.parse import quote

from markupsafe import Markup

from trueup.model.run import Run
from trueup.model.verdict import Verdict
from trueup.report import past, phrase
from trueup.report.chart import ticks
from trueup.report.links import BESIDE, Links
from trueup.report.sample import samples
from trueup.report.template import asset, render

SIGNS = {
    Verdict.VIOLATED: ("#b3261e", "M11 11l10 10M21 11l-10 10"),
    Verdict.UNKNOWN: ("#8a5a00", "M12.4 13.2a3.6 3.6 0 1 1 5.2 3.2q-1.6.9-1.6 2.8m0 3.3v.1"),
    Verdict.HOLDS: ("#1d6b40", "M10 16.5l4.5 4.5L22.5 12"),
}
"""Colour and stroke of the sign that stands for a run's verdict, in a square of 32."""

LISTED = 12
"""Invariants of a verdict in the list at the top; the rest is only counted there."""

MANY = 40
"""Violated invariants beyond which a browser lays out only those in view, to open at once."""


def page(run: Run, links: Links = BESIDE) -> str:
    """
    The run as one self-contained HTML document that needs no script and no other file.

    `links` says where its files and, on a site, its neighbours are.
    """
    style, script = asset("page.css"), asset("page.js")
    chosen = {verdict: run.having(verdict) for verdict in phrase.ORDER}
    return render(
        "page.html.j2",
        run=run,
        titles=phrase.systems(run),
        title=f"{phrase.headline(run)} – {phrase.systems(run)}, {run.environment}",
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
        style=Markup(style),  # noqa: S704 - a file of this package
        script=Markup(script),  # noqa: S704 - a file of this package
        policy=_policy(style, script),
        sign=SIGNS[run.verdict][1],
        icon=_icon(run.verdict),
        listed=LISTED,
        many=MANY,
    ).lstrip()


def _policy(style: str, script: str) -> str:
    """The content security policy: this style, this script, data images, and nothing else."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _icon(verdict: Verdict) -> str:
    """The verdict's sign as a favicon: a data address, so that nothing is fetched."""
    colour, stroke = SIGNS[verdict]
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="7" fill="{colour}"/><path d="{stroke}" fill="none" '
        'stroke="#fff" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )
    return f"data:image/svg+xml,{quote(drawn)}"
