"""Text as a screen may show it: with nothing in it that would act."""

import re

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that would act instead of show: controls, changes of direction, half surrogates."""


def legible(text: str) -> str:
    """The text with characters that a screen or a terminal would obey written out as escapes."""
    return _UNSEEN.sub(lambda found: found.group().encode("unicode_escape").decode(), text)
