"""A bucket of S3: where it is, and the key that may list it."""

from typing import ClassVar

from trueup.model.hiding import Hiding


class Bucket(Hiding, frozen=True, kw_only=True):
    """
    Where it is: the URL of its region's endpoint, and its name there.

    `user` is the id of the access key, `secret` the key; `unset` is the variable of either that is
    not set, without which nothing can be listed.
    """

    HIDDEN: ClassVar = frozenset({"secret"})

    url: str
    bucket: str
    region: str = "us-east-1"
    variable: str = ""
    user: str = ""
    secret: str = ""
    unset: str = ""
    budget: float = 300.0
