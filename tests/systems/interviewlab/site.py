"""InterviewLab's site: what its pages and its project answer, and how the storage deletes."""

from typing import Any

import psycopg

from trueup.sample.site import Reply, Request, Site

STORAGE = "/storage/v1/object/"

PAGE = """<!doctype html>
<html lang="en">
<head>
<title>InterviewLab</title>
<script src="/_next/static/vendor.js"></script><script src="/_next/static/app.js"></script>
</head>
<body><h1>Practise your interview</h1></body>
</html>
"""

SCRIPT = 'const supabase = createClient("https://your-project.supabase.co", "sb_publishable_key");'

# The storage may delete where nobody else's SQL may.
DELETED = """
    delete from storage.objects
    where bucket_id = %s and name = any(%s)
    returning bucket_id, name
"""


def build(site: Site) -> None:
    """The pages, the API behind them, and the project's own, which tells strangers to sign in."""
    unauthorized = {"error": "Unauthorized"}
    no_key = {"message": "No API key found in request"}
    site.answer("site", "GET", "/", text=PAGE, headers={"content-type": "text/html"})
    site.answer("site", "GET", "/_next/static/vendor.js", text="export function createClient() {}")
    site.answer("site", "GET", "/_next/static/app.js", text=SCRIPT)
    site.answer("site", "GET", "/api/user/entitlements", json=unauthorized, status=401)
    site.answer("supabase", "GET", "/rest/v1/", json=no_key, status=401)
    site.service("supabase_storage", kind="supabase_storage", address="supabase")


def receive(connection: psycopg.Connection[Any], site: Site, request: Request) -> Reply | None:
    """Delete files of a bucket, and answer with those that were there."""
    if request.method != "DELETE" or not request.path.startswith(STORAGE):
        return None
    bucket = request.path.removeprefix(STORAGE)
    with connection.transaction():
        connection.execute("set local storage.allow_delete_query = 'true'")
        deleted = connection.execute(DELETED, [bucket, request.json["prefixes"]]).fetchall()
    return Reply(json=[{"bucket_id": known, "name": name} for known, name in deleted])
