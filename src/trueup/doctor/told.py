"""What the doctor says of one thing that was looked at."""

from msgspec import Struct

APPLICATION = "trueup/doctor"


class Told(Struct, frozen=True):
    """One thing that was looked at; `remedy` is empty where nothing needs mending."""

    well: bool
    words: str
    remedy: str = ""
