"""The definitions that peers are compared on, by name."""

from collections.abc import Mapping

from comparison import interviewlab, studybuddy, unshared
from comparison.definition import Definition

SCHEMAS: Mapping[str, Definition] = {
    "studybuddy": studybuddy.DEFINITION,
    "interviewlab": interviewlab.DEFINITION,
    "unshared": unshared.DEFINITION,
}
