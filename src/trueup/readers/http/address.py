"""An address of an environment: where it is, and the key that it asks for, if any."""

from typing import ClassVar

from trueup.config import SentAs
from trueup.model.hiding import Hiding


class Address(Hiding, frozen=True, kw_only=True):
    """
    Where it is, without a slash at its end.

    `variable` is where its key comes from, empty for an address that everybody may ask; without
    a `key` for it there is no asking.
    """

    HIDDEN: ClassVar = frozenset({"key"})

    url: str
    variable: str = ""
    key: str = ""
    sent_as: SentAs = "bearer"

    @property
    def headers(self) -> dict[str, str]:
        """What shows the key, to this address and to no other."""
        if not self.key:
            return {}
        if self.sent_as == "apikey":
            return {"apikey": self.key}
        return {"Authorization": f"Bearer {self.key}"}
