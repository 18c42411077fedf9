"""Names in double quotes, and many values as one text: what PostgreSQL reads as it stands."""

from collections.abc import Iterable


def quoted(dotted: str) -> str:
    """A table's name, as stored, so that `User` keeps its capital; behind a schema, or alone."""
    return ".".join(map(quoted_name, dotted.split(".", 1)))


def quoted_name(name: str) -> str:
    """One name, as of a role, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def array(texts: Iterable[str | None]) -> str:
    """
    An array as PostgreSQL writes it, of whatever type the server takes it for.

    For hundreds of texts that is several times faster than the driver's own.
    """
    return "{" + ",".join("NULL" if text is None else _element(text) for text in texts) + "}"


def _element(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
