"""IELTS EQ's site: its pages, the APIs that it lives on, and the bucket of its recordings."""

from datetime import timedelta
from hashlib import md5

from trueup.sample import CLOCK
from trueup.sample.site import Site, apis

PAGE = """<!doctype html>
<html lang="en">
<head><title>IELTS EQ</title><script src="/_next/static/app.js"></script></head>
<body><h1>Practise speaking</h1></body>
</html>
"""

SCRIPT = 'const stripe = Stripe("pk_live_000000000000000000000000");'

ORGANIZATION = "ielts-eq"

BUCKET = "recordings"

TESTS = 900
"""Tests in sound.sql, each by the user that it says, with a recording for each of three parts."""


def build(site: Site) -> None:
    """What is answered while all is well."""
    site.answer("site", "GET", "/", text=PAGE, headers={"content-type": "text/html"})
    site.answer("site", "GET", "/_next/static/app.js", text=SCRIPT)
    apis.providers(site, google=Site.url("site"), credentials=Site.url("site"))
    apis.models(site, "whisper-1", "gpt-4o", "gpt-4o-mini")
    apis.sentry(site, ORGANIZATION, failed=12, number=900)
    recorded = [recording(test, part) for test in range(1, TESTS + 1) for part in (1, 2, 3)]
    site.store(BUCKET, *recorded, size=480_000, modified=CLOCK - timedelta(days=1))


def recording(test: int, part: int) -> str:
    """What the recording of a part of a test of sound.sql is called."""
    user = cuid("user", 1 + test * 7 % 400)
    return f"user-{user}/{cuid('test', test)}/part-{part}.webm"


def cuid(what: str, number: int) -> str:
    """An id of sound.sql."""
    return "c" + md5(f"{what}-{number}".encode(), usedforsecurity=False).hexdigest()[:24]
