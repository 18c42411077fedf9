"""The last look at a text before it is written: the kinds of secrets that are in it."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from urllib.parse import unquote, unquote_plus

SHORT_SECRET = 6
"""A password shorter than this is only looked for inside a URL: elsewhere it occurs by chance."""

PIECE = 200_000
"""Characters of a text that are read in other ways at once."""

ENTITY = 100
"""Characters that one may be written as: the twelve of a URL, each of them as HTML may write it."""

# Each pattern begins with letters as they are: a text is searched for these at once, and what must
# stand before them is asked afterwards. A site of megabytes is looked at in no time.
PATTERNS: tuple[tuple[str, str], ...] = (
    ("a connection string with its password", r"://(?<=\w://)[^\s:/@?#]*:[^\s/@]+@"),
    ("a connection string with its password", r"%3A%2F%2F[^\s\"<>]{0,200}?%3A[^\s\"<>]{1,200}?%40"),
    ("a password", r"password=(?![:%$*<{(])[^\s'\";&<,)]{4,}"),
    ("a Stripe key", r"k_live_(?<=[sr]k_live_)(?<![A-Za-z0-9]\wk_live_)[A-Za-z0-9]{8,}"),
    ("a Stripe key", r"k_test_(?<=[sr]k_test_)(?<![A-Za-z0-9]\wk_test_)[A-Za-z0-9]{8,}"),
    ("a webhook's signing secret", r"whsec_(?<![A-Za-z0-9]whsec_)[A-Za-z0-9+/=]{8,}"),
    ("a JSON web token", r"eyJ(?<![\w-]eyJ)[\w-]{5,}\.[\w-]{5,}\.[\w-]*"),
    ("an e-mail address", r"@(?<=[\w.%+-]@)[\w.-]{1,255}\.[^\W\d_]{2,}"),
    ("an e-mail address", r"%40(?<=[\w.%+-]%40)[\w.-]{1,255}\.[^\W\d_]{2,}"),
    ("an AWS key", r"AKIA(?<![A-Za-z0-9]AKIA)[0-9A-Z]{16}"),
    ("an AWS key", r"ASIA(?<![A-Za-z0-9]ASIA)[0-9A-Z]{16}"),
    ("a GitHub token", r"ghp_[A-Za-z0-9]{30,}"),
    ("a GitHub token", r"gho_[A-Za-z0-9]{30,}"),
    ("a GitHub token", r"ghs_[A-Za-z0-9]{30,}"),
    ("a GitHub token", r"github_pat_[A-Za-z0-9_]{20,}"),
    ("a GitLab token", r"glpat-[A-Za-z0-9_-]{16,}"),
    ("a Slack token", r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a Slack webhook", r"hooks.slack.com/services/T\w+/B\w+/\w+"),
    ("a key of an AI provider", r"sk-(?<![A-Za-z0-9]sk-)(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{24,}"),
    ("a Google key", r"AIza(?<![A-Za-z0-9]AIza)[0-9A-Za-z_-]{30,}"),
    ("a Supabase key", r"sb_secret_[A-Za-z0-9_-]{8,}"),
    ("a Supabase key", r"sbp_(?<![A-Za-z0-9]sbp_)(?:[a-z0-9]+_)?[0-9a-f]{32,}"),
    ("a Neon key", r"napi_[a-z0-9]{32,}"),
    ("a Resend key", r"re_(?<![A-Za-z0-9_]re_)[A-Za-z0-9]{6,}_[A-Za-z0-9]{16,}"),
    ("a SendGrid key", r"SG\.(?<![A-Za-z0-9]SG\.)[\w-]{16,}\.[\w-]{16,}"),
    ("a Sentry token", r"sntry[su]_[A-Za-z0-9+/=_-]{16,}"),
    ("a token of a package registry", r"npm_[A-Za-z0-9]{36}"),
    ("a token of a package registry", r"pypi-AgE[\w-]{16,}"),
    ("a private key", r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"),
    ("a header that authorizes", r"Bearer [A-Za-z0-9._~+/-]{16,}"),
    ("a header that authorizes", r"Basic (?=\w*[A-Z])(?=\w*[0-9=])[A-Za-z0-9+/]{12,}=*"),
    ("a telephone number", r"\+(?<![\w.+-]\+)[1-9](?:[ ().-]{0,2}[0-9]){8,14}(?!\w)"),
)  # fmt: skip

_COMPILED = [(kind, re.compile(pattern)) for kind, pattern in PATTERNS]


def scrub(text: str, secrets: Iterable[str] = ()) -> list[str]:
    """
    Name the kinds of secrets that are in a text; an empty list means that it may be published.

    `secrets` are the passwords that this run knows: each is looked for plain and as URLs, JSON and
    HTML write it. The secrets themselves are never part of the answer.
    """
    found = [kind for kind, pattern in _COMPILED if pattern.search(text)]
    known = [form for secret in secrets if secret for form in _forms(secret)]
    if known and any(form in read for read in _readings(text, known) for form in known):
        found.insert(0, "a password of the configuration")
    return list(dict.fromkeys(found))


def _forms(secret: str) -> set[str]:
    """A secret as it is, and inside JSON; a short one only where URLs have their passwords."""
    forms = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return {f":{form}@" for form in forms} if len(secret) < SHORT_SECRET else forms


def _readings(text: str, known: Sequence[str]) -> Iterator[str]:
    """
    The text as it stands, as a browser reads it, and as a URL's parser does, piece by piece.

    Pieces overlap by the longest form, however it is written. Whole, it would be held thrice.
    """
    overlap = ENTITY * max(map(len, known))
    for start in range(0, len(text), PIECE):
        piece = text[start : start + PIECE + overlap]
        read = unescape(piece)
        yield from (piece, read, unquote(read), unquote_plus(read))
