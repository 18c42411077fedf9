"""A statement as it is sent."""

from collections.abc import Mapping, Sequence

Sent = tuple[str, Mapping[str, object] | Sequence[object] | None]
"""A statement as the driver takes it, and its parameters."""
