"""NextAuth: where a provider sends people back to (its documentation, "REST API")."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Unpack
from urllib.parse import SplitResult, urlsplit

from trueup.errors import ProbeError
from trueup.library.declare import Options, declared
from trueup.model.invariant import HTTP, Invariant, Row

if TYPE_CHECKING:
    from trueup.readers.http.probe import Http

PROVIDERS = "/api/auth/providers"


def the_oauth_callback_is_ours(address: str = "site", **said: Unpack[Options]) -> Invariant:
    """Every provider sends people back to the site itself: the same host, and as securely."""

    def ask(http: "Http") -> Iterator[Row]:
        ours = urlsplit(http.address(address))
        for name, callback in _callbacks(http, address):
            if (callback.scheme, callback.netloc) != (ours.scheme, ours.netloc):
                yield {"provider": name, "callback": callback.netloc, "ours": ours.netloc}

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "correct_callback",
            "harm": "Whoever signs in with this provider ends on another site, or nowhere.",
        },
        said,
        over={"probes": f"{HTTP}{address}"},
        show=["provider", "callback", "ours"],
    )


def _callbacks(http: "Http", address: str) -> Iterator[tuple[str, SplitResult]]:
    """Each provider's callback; raises ProbeError where there are none to be judged."""
    providers = http.ask(address, PROVIDERS).json()
    if not providers:
        raise ProbeError(f"{http.address(address)}{PROVIDERS} lists no provider")
    for name, provider in sorted(providers.items()):
        if not isinstance(provider, dict) or "callbackUrl" not in provider:
            raise ProbeError(f"{PROVIDERS} has no callbackUrl for {name}; has its API changed?")
        yield name, urlsplit(str(provider["callbackUrl"]))
