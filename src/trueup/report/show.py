"""A run in another form, drawn from its run.json; none of them is given out with a secret in it."""

from collections.abc import Callable, Mapping

from trueup.errors import RunError
from trueup.model.run import Run
from trueup.report import annotations, junit, markdown, openmetrics, slack, words
from trueup.report.scrub import scrub

FORMS: Mapping[str, Callable[[Run, str], str]] = {
    "text": lambda run, page: "\n".join(words.closing(run, page or None)) + "\n",
    "markdown": markdown.summary,
    "annotations": lambda run, _: "".join(f"{line}\n" for line in annotations.annotations(run)),
    "junit": lambda run, _: junit.document(run),
    "openmetrics": lambda run, _: openmetrics.exposition(run),
    "slack": lambda run, page: slack.message(run, page) + "\n",
}
"""How each form is drawn from a run and the address of its page."""


def shown(run: Run, form: str, page: str = "") -> str:
    """The run in one form; raises RunError where there is no such form, or it holds a secret."""
    if form not in FORMS:
        raise RunError(f"{form!r} is no form of a run; it is one of {', '.join(FORMS)}")
    text = FORMS[form](run, page)
    if kinds := scrub(text):
        raise RunError(
            f"the run as {form} would hold {' and '.join(kinds)}, so it is not shown; "
            "see which reason, key or shown column carries it, and leave it out"
        )
    return text
