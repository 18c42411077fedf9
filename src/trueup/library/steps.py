"""Steps for a person, written as a short text and filled in with the violation's values."""

from collections.abc import Mapping

from msgspec import Struct

from trueup.model.change import Steps
from trueup.replica.names import literal


class _Value(Struct, frozen=True):
    """One value of a row, on one line; nothing in it can end the SQL string that it stands in."""

    value: object

    def __format__(self, spec: str) -> str:
        said = " ".join(str(self.value).split())
        return literal(said) if spec == "literal" else said


def written(text: str, values: Mapping[str, object]) -> Steps:
    """
    Make steps of paragraphs: the first is the title, the last says how to verify.

    `{column}` is the value as it is, for prose and for names that the server quoted;
    `{column:literal}` is an SQL string of it, whatever a user wrote there.
    """
    filled = {name: _Value(value) for name, value in values.items()}
    paragraphs = [" ".join(part.split()) for part in text.strip().split("\n\n")]
    title, *steps, verify = (paragraph.format_map(filled) for paragraph in paragraphs)
    return Steps(title, tuple(steps), verify)
