"""Cursor Venture Companion's site: its pages, the backend behind them, and the Supabase project."""

from trueup.sample import CLOCK
from trueup.sample.site import Site, apis

ORGANIZATION = "venture-companion"
PROJECT = "venturecompanionproj"

PAGE = """<!doctype html>
<html lang="en"><head><title>Venture Companion</title><script src="/_next/app.js"></script></head>
<body><h1>Your companion</h1></body></html>
"""

SCRIPT = 'const supabase = createClient("https://venture.supabase.example", "sb_publishable_vc")'

ROWS = "/rest/v1/user_profiles?select=id&limit=1"


def build(site: Site) -> None:
    """All well: a stranger sees no profile, is told to sign in, and few requests fail."""
    site.answer("api", "GET", "/health", json=health())
    site.answer("api", "GET", "/billing", json={"error": "Unauthorized"}, status=401)
    site.answer("api", "OPTIONS", "/billing", status=204, headers=allowed("site"))
    site.answer("site", "GET", "/", text=PAGE)
    site.answer("site", "GET", "/_next/app.js", text=SCRIPT)
    site.require_key("supabase")
    site.answer("supabase", "GET", "/auth/v1/health", json=auth())
    site.answer("supabase", "GET", ROWS, json=[])
    apis.sentry(site, ORGANIZATION, failed=50, number=1000)
    apis.sign_ins(site, PROJECT, succeeded=90, number=100)


def health() -> dict[str, object]:
    """What the backend says of itself."""
    return {
        "status": "ok",
        "timestamp": CLOCK.isoformat(timespec="milliseconds"),
        "environment": "production",
        "version": "1.0.0",
    }


def auth() -> dict[str, str]:
    """What Supabase's authentication says of itself."""
    return {
        "version": "v2.188.1",
        "name": "GoTrue",
        "description": "GoTrue is a user registration and authentication API",
    }


def allowed(address: str) -> dict[str, str]:
    """The headers that let pages of an address ask with a user's cookies."""
    return {
        "Access-Control-Allow-Origin": Site.url(address),
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Origin",
    }
