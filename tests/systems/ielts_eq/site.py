"""IELTS EQ's site: its pages, the APIs that it lives on, and the bucket of its recordings."""

from trueup.sample.site import Site, apis

PAGE = """<!doctype html>
<html lang="en">
<head><title>IELTS EQ</title><script src="/_next/static/app.js"></script></head>
<body><h1>Practise speaking</h1></body>
</html>
"""

SCRIPT = 'const stripe = Stripe("pk_live_000000000000000000000000");'

ORGANIZATION = "ielts-eq"


def build(site: Site) -> None:
    """What is answered while all is well."""
    site.answer("site", "GET", "/", text=PAGE, headers={"content-type": "text/html"})
    site.answer("site", "GET", "/_next/static/app.js", text=SCRIPT)
    apis.providers(site, google=Site.url("site"), credentials=Site.url("site"))
    apis.models(site, "whisper-1", "gpt-4o", "gpt-4o-mini")
    apis.sentry(site, ORGANIZATION, failed=12, number=900)
