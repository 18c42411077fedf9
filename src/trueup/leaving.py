"""The end of a process, at once."""

import atexit
import os
import sys
from contextlib import suppress
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """
    End the process with what was printed and left to do at its end, and free nothing.

    To take all modules apart takes a twentieth of a small check, and the system frees them anyway.
    """
    atexit._run_exitfuncs()
    with suppress(OSError):  # nobody reads it any more
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
