"""IELTS EQ's procedures, each with a row that an operator would type."""

from systems.procedure import Procedure

PROCEDURES: tuple[Procedure, ...] = ()
