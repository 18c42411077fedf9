"""A system's site: it answers what it is told, and what fixes send reaches the application."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import unescape

import httpx
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from trueup.errors import SampleError
from trueup.sample import Cluster, Fault, systems
from trueup.sample.outside import outside
from trueup.sample.site import Reply, Request, Site, server
from trueup.sample.site.keys import READER, SECRETS, WRITER
from trueup.sample.site.server import Served
from trueup.sample.site.site import read

MODIFIED = datetime(2026, 11, 2, 11, 0, tzinfo=UTC)

BUILD = """
from trueup.sample.site import Reply


def build(site):
    site.answer("api", "GET", "/health", json={"status": "ok"})
    site.service("platform")


def receive(connection, site, request):
    if request.path == "/grow":
        connection.execute("insert into goods select max(id) + 1 from goods")
        return Reply(status=201, json={"id": "grown"})
    return None
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site that answers nothing yet."""
    return Site()


class Serving:
    """A site as it is served; what the test says of it is saved first."""

    def __init__(self, site: Site, file: Path) -> None:
        self._site = site
        self._file = file
        self._served: Served | None = None

    def ask(self, method: str, address: str, path: str, **given) -> httpx.Response:
        """Ask an address, which is served from the first question on."""
        if self._served is None:
            self._site.save(self._file)
            self._served = Served(self._file, self._receive).__enter__()
        url = self._served.urls[address] + path
        return httpx.request(method, url, **given)

    def close(self) -> None:
        """Serve it no longer."""
        if self._served is not None:
            self._served.__exit__()

    @property
    def urls(self) -> dict[str, str]:
        """Where the addresses are."""
        assert self._served is not None
        return self._served.urls

    @staticmethod
    def _receive(site: Site, request: Request) -> Reply | None:
        if request.path != "/note":
            return None
        site.answer("api", "GET", "/note", json=request.json)
        return Reply(json={"id": "n1"})


@pytest.fixture
def served(site: Site, tmp_path: Path) -> Iterator[Serving]:
    """The site, served."""
    found = Serving(site, tmp_path / "shop.site.json")
    yield found
    found.close()


def test_an_address_answers_by_method_and_path(site: Site, served: Serving) -> None:
    site.answer("api", "GET", "/health", json={"status": "ok"}, headers={"X-Made-By": "us"})
    site.answer("api", "OPTIONS", "/health", headers={"Access-Control-Allow-Origin": "*"})
    site.answer("site", "GET", "/", text="<html>")

    health = served.ask("GET", "api", "/health?once=1")

    assert (health.json(), health.headers["X-Made-By"]) == ({"status": "ok"}, "us")
    assert health.headers["Content-Type"] == "application/json"
    assert served.ask("OPTIONS", "api", "/health").headers["Access-Control-Allow-Origin"] == "*"
    assert served.ask("GET", "site", "/").text == "<html>"
    assert served.ask("GET", "site", "/health").status_code == 404
    assert served.ask("OPTIONS", "site", "/").status_code == 404


def test_head_is_answered_as_get_is_without_a_body(site: Site, served: Serving) -> None:
    site.answer("site", "GET", "/", text="<html>", status=203)

    found = served.ask("HEAD", "site", "/")

    assert (found.status_code, found.text, found.headers["Content-Length"]) == (203, "", "6")


def test_a_query_chooses_among_answers_and_is_no_matter_elsewhere(
    site: Site, served: Serving
) -> None:
    site.answer("api", "GET", "/list", json=["first"])
    site.answer("api", "GET", "/list?after=a", json=["second"])
    site.answer("api", "GET", "/list?limit=5&after=b", json=["third"])

    assert served.ask("GET", "api", "/list?limit=5").json() == ["first"]
    assert served.ask("GET", "api", "/list?after=a&limit=5").json() == ["second"]
    assert served.ask("GET", "api", "/list?after=b&limit=5").json() == ["third"]
    assert served.ask("GET", "api", "/list?after=b").json() == ["first"]


def test_answers_take_as_long_as_they_are_told_in_turn(
    site: Site, served: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    took: list[float] = []
    monkeypatch.setattr(server, "sleep", took.append)
    site.answer("api", "GET", "/slow", seconds=[0.3, 0])
    site.answer("api", "GET", "/steady", seconds=0.1)

    for path in ("/slow", "/steady", "/slow", "/steady", "/slow"):
        served.ask("GET", "api", path)

    assert took == [0.3, 0.1, 0, 0.1, 0.3]


def test_an_answer_can_speak_of_another_address(site: Site, served: Serving) -> None:
    site.answer("site", "GET", "/", text="")
    site.answer("api", "GET", "/", json={"home": site.url("site") + "/x"})
    site.answer("api", "OPTIONS", "/", headers={"Access-Control-Allow-Origin": site.url("site")})

    assert served.ask("GET", "api", "/").json() == {"home": served.urls["site"] + "/x"}
    allowed = served.ask("OPTIONS", "api", "/").headers["Access-Control-Allow-Origin"]
    assert allowed == served.urls["site"]


def test_what_changes_something_needs_the_writers_key(site: Site, served: Serving) -> None:
    site.answer("api", "POST", "/", json={"id": "p1"})

    assert served.ask("POST", "api", "/").status_code == 401
    for key, status in ((READER, 401), (WRITER, 200)):
        given = {"Authorization": f"Bearer {key}"}
        assert served.ask("POST", "api", "/", headers=given).status_code == status


def test_an_address_can_ask_for_a_key(site: Site, served: Serving) -> None:
    site.answer("sentry", "GET", "/", json={})
    site.require_key("sentry")

    assert served.ask("GET", "sentry", "/").status_code == 401
    for given in ({"Authorization": f"Bearer {READER}"}, {"apikey": READER}):
        assert served.ask("GET", "sentry", "/", headers=given).status_code == 200


def test_what_the_application_did_with_a_request_is_kept(
    site: Site, served: Serving, tmp_path: Path
) -> None:
    site.service("api")
    key = {"Authorization": f"Bearer {WRITER}"}

    assert served.ask("POST", "api", "/note", headers=key, json={"n": 1}).json() == {"id": "n1"}
    assert served.ask("GET", "api", "/note").json() == {"n": 1}
    assert served.ask("POST", "api", "/else", headers=key).status_code == 404
    assert read(tmp_path / "shop.site.json").answers["api"]["GET /note"]["json"] == {"n": 1}


def test_a_file_that_was_edited_is_read_again(site: Site, served: Serving, tmp_path: Path) -> None:
    site.answer("api", "GET", "/", json=1)
    assert served.ask("GET", "api", "/").json() == 1

    site.answer("api", "GET", "/", json=2)
    site.save(tmp_path / "shop.site.json")

    assert served.ask("GET", "api", "/").json() == 2


def test_a_file_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="load the sample again"):
        read(tmp_path / "none.json")


def signed(served: Serving, method: str, path: str, user: str = READER, secret: str = ""):
    """Ask S3 as one of its users does."""
    served.ask("GET", "s3", "/")
    url = served.urls["s3"] + path
    asked = AWSRequest(method=method, url=url)
    credentials = Credentials(user, secret or SECRETS[user])
    S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(asked)
    return httpx.request(method, url, headers=dict(asked.headers))


def test_a_bucket_is_listed_page_by_page(site: Site, served: Serving) -> None:
    keys = [f"user-{number}/ü&.webm" for number in range(5)]
    site.store("recordings", *keys, "other/x", size=7, modified=MODIFIED)
    path = "/recordings?list-type=2&prefix=user-&max-keys=2&encoding-type=url"

    first = signed(served, "GET", path).text
    token = first.partition("<NextContinuationToken>")[2].partition("<")[0]
    after = quote(unescape(token), safe="")
    second = signed(served, "GET", f"{path}&continuation-token={after}").text

    assert "<Key>user-0/%C3%BC%26.webm</Key>" in first
    assert "<LastModified>2026-11-02T11:00:00.000Z</LastModified><Size>7</Size>" in first
    assert "<IsTruncated>true</IsTruncated>" in first
    assert [key for key in keys if f"<Key>{quote(key)}</Key>" in second] == keys[2:4]
    assert "<IsTruncated>true</IsTruncated>" in second


def test_only_the_writer_deletes_an_object(site: Site, served: Serving, tmp_path: Path) -> None:
    site.store("recordings", "user-1/a.webm", size=7, modified=MODIFIED)

    assert signed(served, "DELETE", "/recordings/user-1/a.webm").status_code == 403
    assert signed(served, "DELETE", "/recordings/user-1/a.webm", WRITER).status_code == 204

    assert read(tmp_path / "shop.site.json").buckets == {"recordings": {}}


@pytest.mark.parametrize("secret", ["wrong", SECRETS[WRITER]])
def test_s3_refuses_what_is_not_signed_with_the_users_secret(
    site: Site, served: Serving, secret: str
) -> None:
    site.store("recordings", size=0, modified=MODIFIED)

    found = signed(served, "GET", "/recordings?list-type=2", READER, secret)

    assert found.status_code == 403
    assert "<Code>SignatureDoesNotMatch</Code>" in found.text


def test_s3_knows_no_other_bucket(site: Site, served: Serving) -> None:
    site.store("recordings", size=0, modified=MODIFIED)

    assert "<Code>NoSuchBucket</Code>" in signed(served, "GET", "/others?list-type=2").text


@pytest.fixture
def shop(tmp_path: Path, cluster: Cluster) -> Iterator[Path]:
    """A system of the sample that has a site."""
    folder = tmp_path / "shop_with_a_site"
    folder.mkdir()
    (folder / "schema.sql").write_text("create table goods (id int primary key);")
    (folder / "sound.sql").write_text("insert into goods values (1);")
    (folder / "site.py").write_text(BUILD)
    systems.load(cluster, folder)
    yield folder
    with cluster.connect() as connection:
        for name in (folder.name, f"{folder.name}_sound"):
            connection.execute(f'drop database "{name}" with (force)'.encode())


def health(cluster: Cluster, folder: Path) -> httpx.Response:
    """What the address answers now."""
    with outside(cluster, folder) as found:
        return httpx.get(found.addresses["api"].url + "/health")


def broken(site: Site) -> None:
    """Let the service be down."""
    site.answer("api", "GET", "/health", status=500)


FAULT = Fault(name="down", invariant="it_is_up", plant="", keys=frozenset(), site=broken)


def test_a_site_is_broken_by_a_fault_and_mended_with_its_database(
    shop: Path, cluster: Cluster
) -> None:
    assert health(cluster, shop).json() == {"status": "ok"}

    systems.plant(cluster, shop, FAULT)
    assert health(cluster, shop).status_code == 500

    systems.load(cluster, shop)
    assert health(cluster, shop).status_code == 500, "loading again leaves what was planted"

    systems.mend(cluster, shop)
    assert health(cluster, shop).status_code == 200


def test_a_database_that_is_made_anew_has_a_site_made_anew(shop: Path, cluster: Cluster) -> None:
    systems.plant(cluster, shop, FAULT)

    (shop / "sound.sql").write_text("insert into goods values (1), (2);")
    systems.load(cluster, shop)

    assert health(cluster, shop).status_code == 200


def test_a_script_that_was_edited_makes_all_of_it_anew(shop: Path, cluster: Cluster) -> None:
    systems.plant(cluster, shop, FAULT)

    (shop / "site.py").write_text(BUILD.replace('"ok"', '"edited"'))
    systems.load(cluster, shop)

    assert health(cluster, shop).json() == {"status": "edited"}


def test_a_request_reaches_the_application_and_its_rows(shop: Path, cluster: Cluster) -> None:
    with outside(cluster, shop) as found:
        service = found.services["platform"]
        url, key = (found.given[str(name)] for name in (service.url, service.key))
        answer = httpx.post(url + "/grow", headers={"Authorization": f"Bearer {key}"})

    assert (service.kind, answer.status_code, answer.json()) == ("http", 201, {"id": "grown"})
    with cluster.connect(database=shop.name) as connection:
        assert connection.execute("select max(id) from goods").fetchone() == (2,)


def test_a_script_without_what_it_must_say_is_refused(shop: Path, cluster: Cluster) -> None:
    (shop / "site.py").write_text("")

    with pytest.raises(SampleError, match=r"site\.py has no function build"):
        systems.mend(cluster, shop)
