"""What an address answered, and how long that took."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import Struct

from trueup.errors import ProbeError

Kind = TypeVar("Kind")


class Answer(Struct, frozen=True):
    """What an address answered; `url` is where it came from in the end."""

    url: str
    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float

    def json(self) -> Mapping[str, Any]:
        """The answer as an object; an empty one where it is none."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def said(self, name: str, kind: type[Kind]) -> Kind:
        """
        What the answer has under that name.

        Raises ProbeError where it has nothing of that kind: what is not there is no answer.
        """
        found = self.json().get(name)
        if not isinstance(found, kind):
            where = self.url.partition("?")[0]
            raise ProbeError(f"{where} answered without {name}; has its API changed?")
        return found
