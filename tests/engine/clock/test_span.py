"""Spans of time as people write them."""

from datetime import timedelta

import pytest

from trueup.clock import span
from trueup.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "meant"),
    [("90m", timedelta(minutes=90)), ("2h", timedelta(hours=2)), ("1d", timedelta(days=1))],
)
def test_a_span_is_read(text: str, meant: timedelta) -> None:
    assert span(text) == meant


@pytest.mark.parametrize("text", ["", "2", "h", "0h", "-2h", "2w", "2 h", "1.5h"])
def test_what_is_none_is_said(text: str) -> None:
    with pytest.raises(ConfigError, match="is no span of time; write it as in 90m, 2h or 1d"):
        span(text)
