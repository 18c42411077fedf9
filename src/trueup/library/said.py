"""What a system's settings must name, for those who ask an API about it."""

from collections.abc import Mapping
from typing import Any

from trueup.errors import ConfigError


def said(settings: Mapping[str, Any], part: str, name: str) -> Any:
    """What the settings have under a part's name; raises ConfigError where they have nothing."""
    found = settings.get(part, {}).get(name)
    if not found:
        raise ConfigError(f"the system's settings name no {part}.{name}; add it in trueup.toml")
    return found
