"""One waiver as waivers.toml has it, read strictly."""

import re
from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct
from msgspec.structs import asdict

from trueup.model.waiver import Waiver

Said = Annotated[str, Meta(min_length=1, pattern=r"\S")]
Name = Annotated[str, Meta(pattern=r"^[^@]*[^@\s][^@]*$")]
Named = Annotated[str, Meta(pattern=r"^\w+\.\w+$")]

ADDRESS = re.compile(r"\S@\S+\.\w")


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry; whoever reads it puts the file and the place before what is wrong."""

    invariant: Named
    keys: Annotated[list[str], Meta(min_length=1)] | Literal["all"]
    reason: Said
    owner: Name
    approver: Name
    last_day: date
    zone: str = "UTC"
    environment: Said | None = None

    def __post_init__(self) -> None:
        if self.owner.strip().casefold() == self.approver.strip().casefold():
            raise ValueError(
                f"owner and approver are both {self.owner!r}; somebody else has to approve"
            )
        if ADDRESS.search(self.reason):
            raise ValueError("reason has an e-mail address, which no report may show; leave it out")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(
                f"zone {self.zone!r} is not known; write it as Europe/Berlin"
            ) from None

    @property
    def waiver(self) -> Waiver:
        """The same as the rest of Trueup has it."""
        keys = None if self.keys == "all" else frozenset(self.keys)
        return Waiver(**{**asdict(self), "keys": keys})
