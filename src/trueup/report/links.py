"""Where the links of a page lead: the project's files, and on a site the pages beside it."""

from urllib.parse import quote

from msgspec import Struct

from trueup.model.run import Record


class Links(Struct, frozen=True):
    """
    `source` is put before a path from the project's folder; None where its files are not at hand.

    `home` and `invariants` lead to a site's index and its folder of invariants, where there are.
    """

    source: str | None = None
    home: str = ""
    invariants: str = ""

    def file(self, path: str) -> str:
        """The address of a file of the project, empty where it cannot be reached from here."""
        if self.source is None:
            return ""
        file, _, anchor = path.partition("#")
        return self.source + quote(file) + (f"#{quote(anchor)}" if anchor else "")

    def history(self, record: Record) -> str:
        """The address of an invariant's own page, empty where there is none."""
        return f"{self.invariants}{quote(record.id)}.html" if self.invariants else ""


NOWHERE = Links()
"""Where the project's files cannot be reached."""

BESIDE = Links(source="../../")
"""From a run's page to the project's folder: reports/<run>/index.html."""
