"""The catalog in words: a table for a terminal, JSON for a program, Markdown for the docs."""

from trueup.listing.page import markdown
from trueup.listing.plain import as_json
from trueup.listing.table import table

__all__ = ["as_json", "markdown", "table"]
