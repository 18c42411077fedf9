"""What the doctor says of one thing that was looked at."""

from dataclasses import dataclass

APPLICATION = "trueup/doctor"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that was looked at; `remedy` is empty where nothing needs mending."""

    well: bool
    words: str
    remedy: str = ""
