"""The command line: the one place that catches what users can cause."""

import gc
import sys
from pathlib import Path

from trueup.cli import quick, streams
from trueup.errors import StoppedError, TrueupError
from trueup.leaving import leave

GARBAGE = 100_000
"""Objects made before a collection: what is imported at the start is kept, and is no garbage."""

SWITCH = 0.002
"""
Seconds until a thread whose server has answered gets its turn.

Python waits five thousandths; with half of one a thousand answers take a twentieth longer.
"""

DONE = frozenset({"apply", "check", "resume"})
"""Verbs whose words say once more what their exit code says, and what they have written down."""


def main() -> None:
    """Run the command line; what the user can mend ends in one line and an exit code."""
    gc.set_threshold(GARBAGE)
    sys.setswitchinterval(SWITCH)
    words, output = sys.argv[1:], streams.taken()
    try:
        leave(_said(words, _run(words), output))
    except SystemExit as end:  # as typer ends
        sys.exit(_said(words, int(end.code or 0), output))
    except TrueupError as error:
        print(f"trueup: {error}", file=sys.stderr)  # noqa: T201  # without typer, as below
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("trueup: stopped", file=sys.stderr)  # noqa: T201  # as above
        sys.exit(StoppedError.exit_code)


def _said(words: list[str], code: int, output: streams.Stream) -> int:
    """The exit code, but 2 where the words that were asked for are lost."""
    sys.stdout.flush()
    if not output.lost:
        return code
    print(  # noqa: T201  # as above
        f"trueup: standard output could not be written: {output.lost}; see where it leads",
        file=sys.stderr,
    )
    done = DONE.intersection(words[:1]) and "--help" not in words
    return code if done else code or TrueupError.exit_code


def _run(words: list[str]) -> int:
    """What runs all the time is read at once; to load all verbs takes a tenth of a small run."""
    asked = quick.check(words)
    if asked is None:
        from trueup.cli.verbs import app

        return app()  # type: ignore[no-any-return]  # it exits by itself
    from trueup.config import find_project
    from trueup.suite import check

    return check.run(find_project(Path.cwd()), asked)
