"""Secrets, told to the runner before anything is asked, so that its log never shows them."""

import os
import sys
from collections.abc import Iterable, Mapping

SHORTEST = 4
"""A shorter secret would blot out half of the log, and protects nothing."""


def tell(secrets: Iterable[str], values: Mapping[str, str] = os.environ) -> None:
    """
    Mask each secret in the job's log; does nothing outside of a job.

    GitHub masks a value of its secrets as a whole: of a URL it does not know the password. What is
    told goes to stderr, since stdout may be somebody's file.
    """
    if values.get("GITHUB_ACTIONS") != "true":
        return
    known = dict.fromkeys(one for one in secrets if len(one) >= SHORTEST)
    sys.stderr.write("".join(f"::add-mask::{one}\n" for one in known))
