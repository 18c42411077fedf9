"""A bucket of S3: where it is, and the key that may list it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """
    Where it is: the URL of its region's endpoint, and its name there.

    `user` is the id of the access key, `secret` the key; `unset` is the variable of either that is
    not set, without which nothing can be listed.
    """

    url: str
    bucket: str
    region: str = "us-east-1"
    variable: str = ""
    user: str = ""
    secret: str = field(default="", repr=False)
    unset: str = ""
    budget: float = 300.0
