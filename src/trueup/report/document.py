"""What every document of this room begins with: its policy, its style and script, its sign."""

import base64
import hashlib
from urllib.parse import quote

from markupsafe import Markup

from trueup.model.verdict import Verdict
from trueup.report.template import asset

SIGNS = {
    Verdict.VIOLATED: ("#b3261e", "M11 11l10 10M21 11l-10 10"),
    Verdict.UNKNOWN: ("#8a5a00", "M12.4 13.2a3.6 3.6 0 1 1 5.2 3.2q-1.6.9-1.6 2.8m0 3.3v.1"),
    Verdict.HOLDS: ("#1d6b40", "M10 16.5l4.5 4.5L22.5 12"),
}
"""Colour and stroke of the sign that stands for a run's verdict, in a square of 32."""


def frame(verdict: Verdict, title: str) -> dict[str, object]:
    """What `base.html.j2` wants: the title and the favicon show the verdict."""
    style, script = asset("page.css"), asset("page.js")
    return {
        "title": title,
        "mood": str(verdict),
        "sign": SIGNS[verdict][1],
        "icon": _icon(verdict),
        "policy": _policy(style, script),
        "style": Markup(style),  # noqa: S704  # a file of this package
        "script": Markup(script),  # noqa: S704  # a file of this package
    }


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
