"""StudyBuddy's site: a page that loads its own script, with the key that is meant for browsers."""

from trueup.sample.site import Site, apis

SCRIPT = "/assets/index-4f1c2a9d.js"

PAGE = f"""<!doctype html>
<html lang="en">
<head><title>StudyBuddy</title><script type="module" src="{SCRIPT}"></script></head>
<body><div id="root"></div></body>
</html>
"""


def build(site: Site) -> None:
    """What it answers when it is sound."""
    site.answer("site", "GET", "/", text=PAGE)
    site.answer("site", "GET", SCRIPT, text=f'createClient("{apis.supabase_key("anon")}");')
