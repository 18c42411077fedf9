"""Listing a bucket, page after page: GET and nothing else, again where that may help."""

import random
from collections.abc import Iterator
from time import monotonic, sleep
from typing import Any

import httpx

from trueup.errors import StorageError
from trueup.readers.storage.bucket import Bucket
from trueup.readers.storage.page import Page, page, parsed, question
from trueup.readers.storage.signature import signed

ATTEMPTS = 4
TIMEOUT = 30.0
FIRST_PAUSE = 0.5

AGENT = {"User-Agent": "trueup"}

BUSY = frozenset({429, 500, 502, 503, 504})
"""Answers that may be better in a moment: S3 says 503 where it wants to be asked more slowly."""

REFUSED = frozenset(
    {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}
)

ELSEWHERE = frozenset(
    {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
)


def listed(client: httpx.Client, bucket: Bucket, prefix: str) -> Iterator[list[dict[str, Any]]]:
    """
    Every object of a bucket whose key begins so, page by page.

    Raises StorageError where any page of it could not be had: a list that is not whole is none.
    """
    until = monotonic() + bucket.budget
    after = ""
    while True:
        found = _page(client, bucket, question(bucket.url, bucket.bucket, prefix, after))
        yield found.objects
        if not found.following:
            return
        if found.following == after:
            raise StorageError(f"S3 gives the same page of {bucket.bucket} again and again")
        if monotonic() > until:
            raise StorageError(
                f"{bucket.bucket} was not listed within {bucket.budget:g} s; judge a prefix of it,"
                " or raise its budget in trueup.toml"
            )
        after = found.following


def _page(client: httpx.Client, bucket: Bucket, url: str) -> Page:
    trouble = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(FIRST_PAUSE * (1 << attempt) * random.uniform(0.5, 1.0))  # noqa: S311  # no secret
        headers = signed("GET", url, user=bucket.user, secret=bucket.secret, region=bucket.region)
        try:
            answer = client.get(url, headers={**AGENT, **headers})
        except httpx.HTTPError as error:
            trouble = type(error).__name__
            continue
        if answer.status_code == 200:
            return page(answer.text)
        if answer.status_code not in BUSY:
            raise StorageError(_refusal(bucket, answer))
        trouble = str(answer.status_code)
    raise StorageError(f"{bucket.bucket} could not be listed: {trouble}, {ATTEMPTS} times")


def _refusal(bucket: Bucket, answer: httpx.Response) -> str:
    """Why, by the code that S3 gives; its prose may name keys of objects."""
    root = parsed(answer.text)
    code = (root.findtext("Code") if root is not None else "") or ""
    if code == "NoSuchBucket":
        return f"there is no bucket {bucket.bucket!r}; see that trueup.toml names one that is there"
    if code in REFUSED or answer.status_code in (401, 403):
        return (
            f"S3 refuses the key in {bucket.variable} ({code or answer.status_code}); see that it"
            f" is valid, and may s3:ListBucket on {bucket.bucket}"
        )
    if code in ELSEWHERE or answer.status_code in (301, 307):
        there = answer.headers.get("x-amz-bucket-region", "another")
        return f"{bucket.bucket} is in the region {there}, not {bucket.region}; mend trueup.toml"
    return f"S3 refused to list {bucket.bucket} ({code or answer.status_code})"
