"""Texts as PostgreSQL reads them where a parameter stands for a name, or for many values."""

from collections.abc import Iterable


def quoted(dotted: str) -> str:
    """A table's name as text, for to_regclass: as stored, behind a schema and a dot or neither."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in dotted.split(".", 1))


def array(texts: Iterable[str | None]) -> str:
    """
    An array as PostgreSQL writes it, of whatever type the server takes it for.

    For hundreds of texts that is several times faster than the driver's own.
    """
    return "{" + ",".join("NULL" if text is None else _element(text) for text in texts) + "}"


def _element(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
