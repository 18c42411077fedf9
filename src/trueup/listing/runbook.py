"""A runbook's sections, by the anchors that links to it have."""

import re
from pathlib import Path

_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_DROPPED = re.compile(r"[^\w\- ]")


def page(system: str) -> str:
    """Where a system's runbook is, from the project's folder."""
    return f"docs/runbooks/{system}.md"


def sections(root: Path, system: str) -> dict[str, str]:
    """The headings of a system's runbook by their anchors; none where it has no runbook."""
    path = root / page(system)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found: dict[str, str] = {}
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        name = anchor(heading)
        again = sum(1 for known in found if known == name or known.startswith(f"{name}-"))
        found[f"{name}-{again}" if name in found else name] = heading
    return found


def anchor(heading: str) -> str:
    """The anchor that a heading gets where Markdown is shown: words in lower case, joined."""
    return _DROPPED.sub("", heading.lower()).replace(" ", "-")
