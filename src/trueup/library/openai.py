"""OpenAI: whether the key works, and for which models (its reference, "List models")."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Unpack

from trueup.library.declare import Options, declared
from trueup.library.said import said as named
from trueup.model.invariant import HTTP, Invariant, Row

if TYPE_CHECKING:
    from trueup.readers.http.probe import Http

REFUSED = (401, 403)


def the_ai_key_works(address: str = "openai", **said: Unpack[Options]) -> Invariant:
    """
    The key is taken, and every model that the settings list as `openai.models` is there for it.

    It should be the application's own: that is the one whose end everybody would notice.
    """

    def ask(http: "Http", settings: Mapping[str, Any]) -> Iterator[Row]:
        wanted = list(named(settings, "openai", "models"))
        if http.get(address, "/v1/models").status in REFUSED:
            yield {"what": "key", "trouble": "is refused"}
            return
        known = {str(one.get("id")) for one in http.ask(address, "/v1/models").said("data", list)}
        for model in wanted:
            if model not in known:
                yield {"what": model, "trouble": "is not there for this key"}

    return declared(
        ask,
        {
            "severity": "P1",
            "fix": "replace_ai_key",
            "harm": "Nothing that asks the model is answered.",
        },
        said,
        over={"probes": f"{HTTP}{address}"},
        show=["what", "trouble"],
    )
