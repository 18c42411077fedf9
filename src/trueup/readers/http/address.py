"""An address of an environment: where it is, and the key that it asks for, if any."""

from dataclasses import dataclass, field

from trueup.config import SentAs


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """
    Where it is, without a slash at its end.

    `variable` is where its key comes from, empty for an address that everybody may ask; without
    a `key` for it there is no asking.
    """

    url: str
    variable: str = ""
    key: str = field(default="", repr=False)
    sent_as: SentAs = "bearer"

    @property
    def headers(self) -> dict[str, str]:
        """What shows the key, to this address and to no other."""
        if not self.key:
            return {}
        if self.sent_as == "apikey":
            return {"apikey": self.key}
        return {"Authorization": f"Bearer {self.key}"}
