"""
S3 as far as anybody here asks it: a list of a bucket, page by page, and the deletion of an object.

The shapes are those of its documentation, "ListObjectsV2", "DeleteObject" and "Error responses".
"""

from datetime import datetime
from urllib.parse import quote
from xml.sax.saxutils import escape

from trueup.sample.site.keys import SECRETS, WRITER
from trueup.sample.site.request import Reply, Request
from trueup.sample.site.signed import signer
from trueup.sample.site.site import Site

PAGE = 1000
"""Objects of one page, unless fewer are asked for."""

XML = {"Content-Type": "application/xml"}


def answer(site: Site, request: Request) -> Reply:
    """List a bucket, or delete one of its objects."""
    user = signer(request, SECRETS)
    if user is None:
        return _refused(403, "SignatureDoesNotMatch")
    bucket, _, key = request.path.removeprefix("/").partition("/")
    if bucket not in site.buckets:
        return _refused(404, "NoSuchBucket")
    if request.method == "GET" and not key and request.query.get("list-type") == "2":
        return _listed(site, bucket, request.query)
    if request.method == "DELETE" and key:
        if user != WRITER:
            return _refused(403, "AccessDenied")
        site.buckets[bucket].pop(key, None)
        return Reply(status=204, text="")
    return _refused(405, "MethodNotAllowed")


def _listed(site: Site, bucket: str, query: dict[str, str]) -> Reply:
    prefix, after = query.get("prefix", ""), query.get("continuation-token", "")
    wanted = sorted(key for key in site.buckets[bucket] if key.startswith(prefix) and key > after)
    most = min(PAGE, int(query.get("max-keys", PAGE)))
    shown = wanted[:most]
    encoded = query.get("encoding-type") == "url"
    return Reply(
        text='<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{escape(bucket)}</Name><Prefix>{escape(prefix)}</Prefix>"
        f"<KeyCount>{len(shown)}</KeyCount><MaxKeys>{most}</MaxKeys>"
        f"{'<EncodingType>url</EncodingType>' if encoded else ''}"
        f"<IsTruncated>{str(len(wanted) > most).lower()}</IsTruncated>"
        + "".join(_object(key, site.buckets[bucket][key], encoded=encoded) for key in shown)
        + _more(shown[-1] if len(wanted) > most else "")
        + "</ListBucketResult>",
        headers=XML,
    )


def _object(key: str, known: dict[str, str], *, encoded: bool) -> str:
    modified = datetime.fromisoformat(known["modified"]).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return (
        f"<Contents><Key>{escape(quote(key) if encoded else key)}</Key>"
        f"<LastModified>{modified}</LastModified><Size>{known['size']}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )


def _more(last: str) -> str:
    return f"<NextContinuationToken>{escape(last)}</NextContinuationToken>" if last else ""


def _refused(status: int, code: str) -> Reply:
    said = f"<Error><Code>{code}</Code><Message>refused by the stand-in</Message></Error>"
    return Reply(status=status, text=said, headers=XML)
