"""One page of a bucket's list, as S3 writes it (its documentation, "ListObjectsV2")."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote_plus
from xml.etree import ElementTree as ET

from msgspec import Struct

from trueup.errors import StorageError

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"

STRANGE = "answered with no list of a bucket; is its url that of an S3 endpoint?"


class Page(Struct, frozen=True):
    """Objects of a bucket, and the token that asks for the next; empty after the last."""

    objects: list[dict[str, Any]]
    following: str


def question(url: str, bucket: str, prefix: str, after: str) -> str:
    """The URL that asks for a page; each value encoded as a signature reads it."""
    asked = {
        "list-type": "2",
        "encoding-type": "url",
        "prefix": prefix,
        "continuation-token": after,
    }
    said = "&".join(
        f"{name}={quote(value, safe='-_.~')}" for name, value in sorted(asked.items()) if value
    )
    return f"{url}/{quote(bucket, safe='-_.~')}?{said}"


def page(text: str) -> Page:
    """Read a page; raises StorageError for anything else."""
    root = parsed(text)
    if root is None or root.tag != f"{NAMESPACE}ListBucketResult":
        raise StorageError(f"the endpoint {STRANGE}")
    encoded = _text(root, "EncodingType") == "url"
    truncated = _text(root, "IsTruncated") == "true"
    following = _text(root, "NextContinuationToken")
    if truncated and not following:
        raise StorageError("S3 says that its list goes on, and not how; it is not whole")
    return Page(list(_objects(root, encoded=encoded)), following if truncated else "")


def parsed(text: str) -> ET.Element | None:
    """The document, None where it is none; one that declares entities is none of S3's."""
    if "<!" in text:
        return None
    try:
        return ET.fromstring(text)  # noqa: S314  # what could expand needs <!, refused above
    except ET.ParseError:
        return None


def _objects(root: ET.Element, *, encoded: bool) -> Iterator[dict[str, Any]]:
    for found in root.iter(f"{NAMESPACE}Contents"):
        key = _text(found, "Key")
        yield {
            "key": unquote_plus(key) if encoded else key,
            "size": int(_text(found, "Size")),
            "modified": _text(found, "LastModified"),
        }


def _text(root: ET.Element, name: str) -> str:
    return root.findtext(f"{NAMESPACE}{name}") or ""
