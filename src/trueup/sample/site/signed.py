"""
Who signed a request to S3, by AWS Signature Version 4.

Written out from its documentation, "Create a signed AWS API request", so that what signs is not
what checks.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlsplit

from trueup.sample.site.request import Request

_SHOWN = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<user>[^/]+)/(?P<scope>[^,]+), ?"
    r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


def signer(request: Request, secrets: Mapping[str, str]) -> str | None:
    """The user whose secret signed the request; None where no known one did."""
    shown = _SHOWN.fullmatch(request.headers.get("authorization", ""))
    if shown is None or shown["user"] not in secrets:
        return None
    said = "\n".join(
        (
            "AWS4-HMAC-SHA256",
            request.headers.get("x-amz-date", ""),
            shown["scope"],
            hashlib.sha256(_canonical(request, shown["headers"]).encode()).hexdigest(),
        )
    )
    key = f"AWS4{secrets[shown['user']]}".encode()
    for part in shown["scope"].split("/"):
        key = _hmac(key, part)
    expected = _hmac(key, said).hex()
    return shown["user"] if hmac.compare_digest(expected, shown["signature"]) else None


def _canonical(request: Request, names: str) -> str:
    parts = urlsplit(request.target)
    asked = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    return "\n".join(
        (
            request.method,
            parts.path,
            "&".join(f"{name}={value}" for name, value in asked),
            *(f"{name}:{request.headers.get(name, '').strip()}" for name in names.split(";")),
            "",
            names,
            request.headers.get("x-amz-content-sha256", ""),
        )
    )


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
