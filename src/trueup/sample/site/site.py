"""What a system's addresses answer: plain data, kept in a file that can be edited."""

import json as written
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from trueup.errors import SampleError
from trueup.sample.site.request import Request

PLACE = "http://{}.sample.invalid"
"""How an answer speaks of an address, whose port is only known once it is served."""

S3 = "s3"
"""The address that answers for the buckets, and the service that deletes from them."""


class Site:
    """
    Each address by its name, with what it answers to a method and a path.

    A query in the path must be in the request too; of several answers that fit, the one that names
    the most of it is given. An address that asks for a key refuses whoever has none.
    """

    def __init__(self, *, made_for: int | None = None) -> None:
        self.made_for = made_for
        """The oid of the database that it goes with."""
        self.answers: dict[str, dict[str, dict[str, Any]]] = {}
        self.services: dict[str, dict[str, str]] = {}
        self.keyed: list[str] = []
        self.buckets: dict[str, dict[str, dict[str, Any]]] = {}

    @property
    def addresses(self) -> list[str]:
        """The names of all addresses."""
        called = [service["address"] for service in self.services.values()]
        return sorted({*self.answers, *called})

    @staticmethod
    def url(address: str) -> str:
        """The URL of an address, to be written into a header or a body."""
        return PLACE.format(address)

    def answer(
        self,
        address: str,
        method: str,
        path: str,
        *,
        json: Any = None,
        text: str | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        seconds: float | Sequence[float] = 0.0,
    ) -> None:
        """
        Answer so from now on; what was answered to this before is forgotten.

        `seconds` is how long that takes; of a list each answer takes the next, over and over.
        """
        self.answers.setdefault(address, {})[f"{method} {path}"] = {
            "status": status,
            "json": json,
            "text": text,
            "headers": dict(headers or {}),
            "seconds": [seconds] if isinstance(seconds, int | float) else list(seconds),
        }

    def require_key(self, *addresses: str) -> None:
        """Let these addresses answer only whoever shows a key."""
        self.keyed = sorted({*self.keyed, *addresses})

    def service(self, name: str, *, kind: str = "http", address: str = "") -> None:
        """Let fixes call an address, by default the one of the service's own name."""
        self.services[name] = {"kind": kind, "address": address or name}

    def store(self, bucket: str, *keys: str, size: int, modified: datetime) -> None:
        """Have objects in a bucket of S3; without keys, have the bucket."""
        self.service(S3, kind=S3)
        objects = self.buckets.setdefault(bucket, {})
        for key in keys:
            objects[key] = {"size": size, "modified": modified.isoformat()}

    def found(self, request: Request) -> tuple[str, dict[str, Any]] | None:
        """The answer that fits a request best, with what it stands under; None for none."""
        best: tuple[int, str, dict[str, Any]] | None = None
        for said, found in self.answers.get(request.address, {}).items():
            fit = _fit(said, request)
            if fit is not None and (best is None or fit > best[0]):
                best = (fit, said, found)
        return best[1:] if best else None

    def save(self, file: Path) -> None:
        """Write it, whole or not at all."""
        unfinished = file.with_suffix(".new")
        unfinished.write_text(written.dumps(vars(self)), encoding="utf-8")
        unfinished.replace(file)


def read(file: Path) -> Site:
    """Read a site; raises SampleError where there is none."""
    try:
        said = written.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SampleError(f"there is no site in {file}; load the sample again") from None
    site = Site()
    vars(site).update(said)
    return site


def _fit(said: str, request: Request) -> int | None:
    """How many parameters of a request an answer names; None where it answers something else."""
    method, _, path = said.partition(" ")
    asked = "GET" if request.method == "HEAD" else request.method
    parts = urlsplit(path)
    wanted = dict(parse_qsl(parts.query, keep_blank_values=True))
    if method != asked or parts.path != request.path or not wanted.items() <= request.query.items():
        return None
    return len(wanted)
