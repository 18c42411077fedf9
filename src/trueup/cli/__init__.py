"""The command line: the one place that catches what users can cause."""

import gc
import sys
from pathlib import Path

from trueup.cli import quick
from trueup.errors import TrueupError
from trueup.leaving import leave

GARBAGE = 100_000
"""Objects made before a collection: what is imported at the start is kept, and is no garbage."""

SWITCH = 0.002
"""
Seconds until a thread whose server has answered gets its turn.

Python waits five thousandths; with half of one a thousand answers take a twentieth longer.
"""


def main() -> None:
    """Run the command line; what the user can mend ends in one line and an exit code."""
    gc.set_threshold(GARBAGE)
    sys.setswitchinterval(SWITCH)
    try:
        leave(_run(sys.argv[1:]))
    except TrueupError as error:
        print(f"trueup: {error}", file=sys.stderr)  # noqa: T201  # without typer, as below
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("trueup: stopped", file=sys.stderr)  # noqa: T201  # as above
        sys.exit(130)


def _run(words: list[str]) -> int:
    """What runs all the time is read at once; to load all verbs takes a tenth of a small run."""
    asked = quick.check(words)
    if asked is None:
        from trueup.cli.verbs import app

        return app()  # type: ignore[no-any-return]  # it exits by itself
    from trueup.config import find_project
    from trueup.suite import check

    return check.run(find_project(Path.cwd()), asked)
