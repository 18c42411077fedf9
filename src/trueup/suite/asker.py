"""The process that asks, from its begin: it connects before it loads what will ask."""

import os
import sys

from trueup.config import Project
from trueup.environment import environments
from trueup.errors import TrueupError
from trueup.suite import bug
from trueup.suite.beginning import begun
from trueup.suite.check import Asked
from trueup.suite.orders import Orders
from trueup.suite.wire import Channel, Order, Refused

BUG = 3
"""Pytest's exit code for what went wrong within."""


def ask(project: Project, asked: Asked, names: tuple[str, ...], channel: Channel[Order]) -> None:
    """Open the run, and do what the process that reports orders."""
    orders = Orders(channel)
    try:
        with environments(project, asked.environment, names) as found:
            _silence()
            with begun(found) as sources:
                from trueup.suite.answers import answer  # noqa: PLC0415  # as the first line says

                answer(project, asked, sources, orders, channel)
    except TrueupError as error:
        channel.say(Refused(str(error), error.exit_code))
    except Exception as error:  # noqa: BLE001  # whatever it is, it is told by the other process
        channel.say(Refused(bug.told(error), BUG))


def _silence() -> None:
    """Read nothing from the terminal, and print nothing: it may be a row."""
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
