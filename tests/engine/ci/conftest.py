"""A repository of GitHub's on loopback, as its API is documented, and a project with a sample."""

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import memory
from systems.scenes import ROOT
from trueup.environment import SAMPLE_FOLDER
from trueup.sample import hold, reset, systems

MANY = re.MULTILINE | re.DOTALL

TOKEN = "ghs_planted0000000000000000000000000000"


class Repository:
    """Its issues by number, its approvals, and what goes wrong with the next requests."""

    def __init__(self) -> None:
        self.issues: dict[int, dict[str, Any]] = {}
        self.comments: list[tuple[int, str]] = []
        self.approvals: list[dict[str, Any]] = []
        self.troubles: list[tuple[int, dict[str, str]]] = []
        self.drops_labels = False
        self.private = True
        self.requests: list[str] = []
        self.page = 100

    def add(self, body: str, **changed: Any) -> int:
        """An issue that is there."""
        number = len(self.issues) + 1
        labels = [{"name": name} for name in changed.pop("labels", ["trueup"])]
        plain = {"number": number, "title": "", "body": body, "state": "open", "labels": labels}
        self.issues[number] = plain | changed
        return number

    def listed(self, path: str, params: dict[str, str]) -> list[dict[str, Any]]:
        if path.endswith("/approvals"):
            return self.approvals
        labelled = [
            one
            for one in self.issues.values()
            if params["labels"] in [label["name"] for label in one["labels"]]
        ]
        return [one for one in labelled if params["state"] in (one["state"], "all")]

    def changed(self, method: str, path: str, said: dict[str, Any]) -> dict[str, Any]:
        number = re.search(r"/issues/(\d+)", path)
        if method == "POST" and path.endswith("/comments"):
            self.comments.append((int(number[1]), said["body"]))
            return {"id": len(self.comments)}
        if method == "POST":
            labels = [] if self.drops_labels else said.get("labels", [])
            return self.issues[self.add(said["body"], title=said["title"], labels=labels)]
        self.issues[int(number[1])].update(said)
        return self.issues[int(number[1])]


class _Handler(BaseHTTPRequestHandler):
    repository: Repository

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        params = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self._refused("GET"):
            return
        if re.fullmatch(r"/repos/[^/]+/[^/]+", parts.path):
            self._send(200, {"full_name": parts.path[7:], "private": self.repository.private})
            return
        found = self.repository.listed(parts.path, params)
        page, size = int(params.get("page", 1)), self.repository.page
        shown = found[(page - 1) * size : page * size]
        more = {}
        if page * size < len(found):
            again = re.sub(r"&page=\d+", "", self.path) + f"&page={page + 1}"
            again = again.replace("/repos/acme/shop", "/repositories/4711")  # as GitHub does
            host = f"http://{self.headers['Host']}"
            more["Link"] = f'<{host}{again}>; rel="next", <{host}{again}>; rel="last"'
        self._send(200, shown, more)

    def do_POST(self) -> None:
        self._change("POST", 201)

    def do_PATCH(self) -> None:
        self._change("PATCH", 200)

    def _change(self, method: str, status: int) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._refused(method):
            self._send(status, self.repository.changed(method, self.path, said))

    def _refused(self, method: str) -> bool:
        self.repository.requests.append(f"{method} {self.path}")
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._send(401, {"message": "Bad credentials"})
            return True
        if self.repository.troubles:
            status, headers = self.repository.troubles.pop(0)
            self._send(status, {"message": "no"}, headers)
            return True
        return False

    def _send(self, status: int, found: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(found).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A repository whose job we are in."""
    found = Repository()
    handler = type("Handler", (_Handler,), {"repository": found})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        given = {
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_RUN_ID": "77",
            "GITHUB_ACTOR": "ada",
            "GITHUB_TRIGGERING_ACTOR": "ada",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_API_URL": f"http://127.0.0.1:{server.server_address[1]}",
            "GITHUB_TOKEN": TOKEN,
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        yield found
        server.shutdown()


@pytest.fixture(scope="session")
def clone() -> Iterator[Path]:
    """A project with one system, and a sample of its own that runs for as long as it is needed."""
    whole = (ROOT / "trueup.toml").read_text()
    own = re.findall(r"^\[systems\.studybuddy.*?(?=^\[systems\.(?!studybuddy)|\Z)", whole, MANY)
    with memory.folder() as folder:
        for name in ("invariants/studybuddy", "fixes/studybuddy", "docs/runbooks"):
            shutil.copytree(ROOT / name, folder / name)
        for name in ("studybuddy", "platforms"):
            shutil.copytree(ROOT / "tests" / "systems" / name, folder / "tests" / "systems" / name)
        (folder / "trueup.toml").write_text("".join(own))
        yield folder
        reset(folder / SAMPLE_FOLDER)


@pytest.fixture
def sample(clone: Path) -> Iterator[Callable[[str], Any]]:
    """The sample of the clone, sound; gives a way to ask its primary, as its owner."""
    with hold(clone / SAMPLE_FOLDER) as cluster:
        systems.load(cluster, clone / "tests" / "systems" / "studybuddy")
        systems.mend(cluster, clone / "tests" / "systems" / "studybuddy")

        def ask(sql: str) -> Any:
            with cluster.connect(database="studybuddy") as connection:
                cursor = connection.execute(sql.encode())
                found = cursor.fetchall() if cursor.description else []
            cluster.wait_for_replay()
            return found

        yield ask


@pytest.fixture
def github(repository: Repository) -> dict[str, str]:
    """The context `github` of a job that ada began in that repository."""
    names = ("repository", "run_id", "actor", "triggering_actor", "server_url", "api_url", "token")
    return {name: os.environ[f"GITHUB_{name.upper()}"] for name in names}
