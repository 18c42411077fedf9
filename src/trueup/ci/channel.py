"""A channel of Slack: told what is new and what was resolved, and not what it knows already."""

import json

from trueup.ci.hook import send
from trueup.model.run import Change, Run
from trueup.report import past
from trueup.report.show import shown

QUIET = "nothing is new and nothing was resolved, so the channel was not told"


def tell(url: str, run: Run, page: str) -> str:
    """Tell the channel of a run with news; what was found in maintenance, or is known, is none."""
    if not has_news(run):
        return QUIET
    return f"told the channel at {send('the channel', url, json.loads(shown(run, 'slack', page)))}"


def has_news(run: Run) -> bool:
    """Whether something became violated or unknown, or was resolved, since the last run."""
    changed = [*past.having(run, Change.NEW), *past.having(run, Change.RESOLVED)]
    return any(not record.excused for record in changed) or _has_gone_dark(run)


def _has_gone_dark(run: Run) -> bool:
    unknown = any(system.reason for system in run.systems)
    return unknown and (not run.earlier or run.earlier[-1].unknown == 0)
