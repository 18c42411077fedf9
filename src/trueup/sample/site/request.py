"""A request to one of the site's addresses, and the reply to it."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from msgspec import Struct, field


class Request(Struct, frozen=True):
    """What was asked of the address of that name."""

    address: str
    method: str
    target: str
    """The path and the query, as they were sent."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Their names in lower case."""
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        """The parameters; the last of those with one name."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def changes(self) -> bool:
        """Whether it asks for more than an answer."""
        return self.method not in ("GET", "HEAD", "OPTIONS")

    @property
    def json(self) -> Any:
        """The body as JSON; None where there is none."""
        return json.loads(self.body) if self.body else None


class Reply(Struct, frozen=True, kw_only=True):
    """What is answered: JSON, or a text as it is, after so many seconds."""

    status: int = 200
    json: Any = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def content(self) -> str:
        """The body."""
        if self.text is not None:
            return self.text
        return "" if self.json is None else json.dumps(self.json)
