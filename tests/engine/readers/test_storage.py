"""A bucket is listed whole or not at all, once a run, by a key that is shown to nobody."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from trueup.errors import ConfigError, NotApplicable, StorageError
from trueup.readers.storage import listing
from trueup.readers.storage.bucket import Bucket
from trueup.readers.storage.page import page
from trueup.readers.storage.reader import Storage
from trueup.sample.loopback import Handler, Loopback
from trueup.sample.site import Site, buckets
from trueup.sample.site.keys import READER, SECRETS
from trueup.sample.site.server import Served

MODIFIED = datetime(2026, 11, 2, 11, 0, tzinfo=UTC)

KEYS = [f"user-{number:02}/ü &+.webm" for number in range(7)]


class S3(Loopback):
    """It answers what it is told, one after the other, and notes what it is asked."""

    def __init__(self) -> None:
        super().__init__(_Answering)
        self.answers: list[tuple[int, str]] = []
        self.asked: list[tuple[str, str]] = []


class _Answering(Handler):
    server: S3

    def do_GET(self) -> None:  # noqa: N802  # the library's name
        """Answer the next, and the last of them from then on."""
        self.server.asked.append((self.command, self.path))
        answers = self.server.answers
        status, text = answers.pop(0) if len(answers) > 1 else answers[0]
        headers = {"x-amz-bucket-region": "eu-west-1"} if status == 301 else {}
        self.head(status, headers, len(text.encode()))
        self.wfile.write(text.encode())


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """An endpoint that answers as a test says."""
    monkeypatch.setattr(listing, "FIRST_PAUSE", 0.0)
    found = S3()
    threading.Thread(target=found.serve_forever, args=(0.02,), daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[Callable[..., Storage]]:
    """A reader of buckets, in a folder of the test's own unless another is named."""
    with ExitStack() as held:

        def made(folder: str = "run", **known: Bucket) -> Storage:
            return held.enter_context(closing(Storage(known, tmp_path / folder)))

        yield made


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket of seven objects and two others, in pages of three."""
    monkeypatch.setattr(buckets, "PAGE", 3)
    site = Site()
    site.store("recordings", *KEYS, "exports/1.csv", "exports/2.csv", size=7, modified=MODIFIED)
    site.save(tmp_path / "site.json")
    with Served(tmp_path / "site.json") as served:
        yield served.buckets["recordings"]


def at(s3: S3, *, unset: str = "", budget: float = 9.0) -> Bucket:
    """A bucket at that endpoint."""
    return Bucket(
        url=s3.url,
        bucket="b",
        variable="S3_KEY",
        user=READER,
        secret=SECRETS[READER],
        unset=unset,
        budget=budget,
    )


def listed(*keys: str, following: str = "", truncated: bool | None = None) -> str:
    """A page as S3 writes it."""
    more = bool(following) if truncated is None else truncated
    contents = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2026-11-02T11:00:00.000Z</LastModified>"
        "<Size>7</Size></Contents>"
        for key in keys
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<EncodingType>url</EncodingType><IsTruncated>{str(more).lower()}</IsTruncated>{contents}"
        f"<NextContinuationToken>{following}</NextContinuationToken></ListBucketResult>"
    )


def refused(code: str) -> str:
    """An error as S3 writes it."""
    said = f"<Error><Code>{code}</Code><Message>user-1/J. Doe.webm</Message></Error>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{said}'


def test_every_page_is_read_and_every_key_is_what_it_was(reading, bucket: Bucket) -> None:
    storage = reading(recordings=bucket)

    found = list(storage.objects("recordings"))

    assert [one["key"] for one in found] == ["exports/1.csv", "exports/2.csv", *KEYS]
    assert (found[0]["size"], found[0]["modified"]) == (7, MODIFIED)
    assert storage.count("storage.recordings") == 9


def test_a_prefix_is_judged_apart_from_the_rest(reading, bucket: Bucket) -> None:
    storage = reading(recordings=bucket)

    assert storage.count("storage.recordings/user-") == 7
    assert storage.count("storage.recordings/user-00/ü &") == 1
    assert {one["key"] for one in storage.objects("recordings", "user-")} == set(KEYS)


def test_the_processes_of_a_run_share_one_list(reading, s3: S3) -> None:
    s3.answers = [(200, listed("a", "b"))]

    for _ in range(2):
        assert reading(recordings=at(s3)).count("storage.recordings") == 2
    assert len(s3.asked) == 1

    reading(recordings=at(s3)).forget()
    assert reading(recordings=at(s3)).count("storage.recordings") == 2
    assert len(s3.asked) == 2


def test_nothing_but_get_is_sent(reading, s3: S3) -> None:
    s3.answers = [(200, listed("a", following="t/+=")), (200, listed("b"))]

    list(reading(recordings=at(s3)).objects("recordings", "user 1/"))

    first, second = s3.asked
    assert first == ("GET", "/b?encoding-type=url&list-type=2&prefix=user%201%2F")
    assert second[0] == "GET"
    assert second[1].startswith("/b?continuation-token=t%2F%2B%3D&encoding-type=url&list-type=2")


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (403, "AccessDenied", "refuses the key in S3_KEY (AccessDenied)"),
        (403, "SignatureDoesNotMatch", "see that it is valid, and may s3:ListBucket on b"),
        (403, "InvalidAccessKeyId", "refuses the key in S3_KEY"),
        (404, "NoSuchBucket", "there is no bucket 'b'"),
        (301, "PermanentRedirect", "b is in the region eu-west-1, not us-east-1"),
        (400, "AuthorizationHeaderMalformed", "b is in the region another, not us-east-1"),
        (405, "MethodNotAllowed", "S3 refused to list b (MethodNotAllowed)"),
        (503, "SlowDown", "b could not be listed: 503, 4 times"),
    ],
)
def test_each_refusal_is_said_without_s3s_own_words(
    reading, s3: S3, status: int, code: str, says: str
) -> None:
    s3.answers = [(status, refused(code))]

    with pytest.raises(StorageError) as found:
        reading(recordings=at(s3)).count("storage.recordings")

    assert says in str(found.value)
    assert "J. Doe" not in str(found.value)
    assert SECRETS[READER] not in str(found.value)


def test_a_bucket_that_is_busy_is_asked_again(reading, s3: S3) -> None:
    s3.answers = [(503, refused("SlowDown")), (200, listed("a"))]

    assert reading(recordings=at(s3)).count("storage.recordings") == 1


def test_a_list_that_breaks_off_is_none_at_all(reading, s3: S3) -> None:
    s3.answers = [(200, listed("a", following="t")), (403, refused("AccessDenied"))]

    for _ in range(2):
        with pytest.raises(StorageError, match="refuses the key"):
            reading(recordings=at(s3)).count("storage.recordings")
    assert len(s3.asked) == 2, "whoever asks next is told the same"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<html></html>", "answered with no list of a bucket"),
        ("", "answered with no list of a bucket"),
        ('<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>', "answered with no list of a bucket"),
        (listed("a", truncated=True), "its list goes on, and not how"),
    ],
)
def test_what_is_no_whole_list_is_refused(text: str, says: str) -> None:
    with pytest.raises(StorageError, match=says):
        page(text)


def test_the_same_page_again_and_again_is_no_list(reading, s3: S3) -> None:
    s3.answers = [(200, listed("a", following="t"))]

    with pytest.raises(StorageError, match="the same page of b again and again"):
        reading(recordings=at(s3)).count("storage.recordings")


def test_a_list_that_takes_too_long_is_given_up(reading, s3: S3) -> None:
    s3.answers = [(200, listed("a", following=token)) for token in ("t", "u", "v")]

    with pytest.raises(StorageError, match="b was not listed within 0 s; judge a prefix"):
        reading(recordings=at(s3, budget=0.0)).count("storage.recordings")


def test_nobody_there_is_said_after_four_times(reading, s3: S3) -> None:
    nowhere = replace(at(s3), url="http://127.0.0.1:9")

    with pytest.raises(StorageError, match="could not be listed: ConnectError, 4 times"):
        reading(recordings=nowhere).count("storage.recordings")


def test_what_is_not_configured_does_not_apply(reading, s3: S3) -> None:
    storage = reading(recordings=at(s3, unset="S3_USER"))

    with pytest.raises(NotApplicable, match="names no storage 'others'"):
        storage.bucket("others")
    with pytest.raises(NotApplicable, match="the variable S3_USER is not set"):
        storage.count("storage.recordings")


def test_without_the_extra_it_says_what_to_install(
    reading, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "botocore.auth", None)

    with pytest.raises(ConfigError, match=r"trueup\[s3\]"):
        reading(recordings=at(s3)).count("storage.recordings")


def test_a_key_is_shown_nowhere(s3: S3) -> None:
    assert SECRETS[READER] not in repr(at(s3))
