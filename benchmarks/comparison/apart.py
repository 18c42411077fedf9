"""What the peers with an environment of their own have in common."""

from comparison import environment
from comparison.peer import Peer


class Apart(Peer):
    """A peer that has an environment of its own."""

    @classmethod
    def missing(cls) -> str:
        if environment.is_installed(cls.name):
            return ""
        return f"benchmarks/peers.py --install {cls.name}"
