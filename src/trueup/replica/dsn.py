"""Where a database is, and how to log in."""

from urllib.parse import unquote, urlsplit

from trueup.errors import ConfigError

SCHEMES = ("postgres", "postgresql")


class Dsn:
    """A database URL whose repr hides everything but where it points; `source` named it."""

    __slots__ = ("_url", "source")

    def __init__(self, url: str, source: str) -> None:
        """Raise ConfigError, which names the source and never the value, for what is no URL."""
        try:
            parts = urlsplit(url)
            port = parts.port or 5432
        except ValueError:
            parts, port = urlsplit(""), 0
        if parts.scheme not in SCHEMES or not parts.hostname or not port:
            raise ConfigError(
                f"{source} is not a database URL; write postgresql://user:password@host:5432/name"
            )
        self._url = url
        self.source = source

    def __repr__(self) -> str:
        return f"Dsn({self.source})"

    @property
    def url(self) -> str:
        """The whole URL, password and all; only for the driver."""
        return self._url

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password as it stands in the URL and as it is sent, for the scrubber."""
        written = urlsplit(self._url).password or ""
        return tuple(dict.fromkeys(text for text in (written, unquote(written)) if text))
