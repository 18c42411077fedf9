"""A page as a test sees it in the browser."""

from msgspec import Struct, field
from playwright.sync_api import Page


class Opened(Struct, frozen=True):
    """A page in the browser, and what it said and asked for."""

    page: Page
    console: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What somebody can read on it: nothing hidden, nothing folded."""
        return self.page.locator("body").inner_text()
