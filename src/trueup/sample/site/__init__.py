"""A stand-in for everything else outside: what each address answers, on loopback."""

from trueup.sample.site.request import Reply, Request
from trueup.sample.site.site import Site

__all__ = ["Reply", "Request", "Site"]
