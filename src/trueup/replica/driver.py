"""The driver, loaded in two steps: what connects, and the rest while servers answer."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec


@contextmanager
def connecting_first() -> Iterator[None]:
    """
    Load what of psycopg the block imports, and when it has ended, the rest.

    A package is executed before any module of it, and this one takes a third of its time for what
    does not connect: types, and whatever is asynchronous. So the block, and what it starts, imports
    modules of psycopg, and nothing from the package itself.
    """
    spec = find_spec("psycopg")
    if "psycopg" in sys.modules or spec is None or spec.loader is None:
        yield
        return
    package = sys.modules["psycopg"] = module_from_spec(spec)
    try:
        import psycopg.pq  # noqa: F401, PLC0415  # first, as the package itself has it

        yield
    finally:
        spec.loader.exec_module(package)
