"""Another try: how often, and how long to wait before it."""

import random
import time
from collections.abc import Iterator

PAUSES = (0.5, 2.0)
"""
Seconds before the second and the third try, and there is no fourth.

More would not help, and did harm: endless retries of a query that conflicts with recovery have
themselves kept a standby behind (PostgREST issue 3673).
"""


def tries() -> Iterator[bool]:
    """Give for each try whether it is the last, with a jittered pause before all but the first."""
    for pause in PAUSES:
        yield False
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  # spreads workers, hides nothing
    yield True
