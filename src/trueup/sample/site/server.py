"""The site's servers: one on loopback for each address, all of one file."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

from trueup.readers.http.address import Address
from trueup.readers.storage.bucket import Bucket
from trueup.sample.loopback import Handler, Loopback
from trueup.sample.site import buckets
from trueup.sample.site.keys import READER, SAMPLE_KEY, SECRETS, WRITER
from trueup.sample.site.request import Reply, Request
from trueup.sample.site.site import PLACE, S3, Site, read

Receive = Callable[[Site, Request], Reply | None]
"""What the application does with a request that changes something; None is left to the site."""


class Served:
    """
    The addresses of a site, for as long as the block lasts.

    The file is read again whenever it changed, and written where a request changed something.
    """

    def __init__(self, file: Path, receive: Receive | None = None) -> None:
        self._file = file
        self._receive = receive
        self._read_at = 0
        self._site = Site()
        self._lock = threading.Lock()
        self._given: Counter[tuple[str, str]] = Counter()
        self._servers: dict[str, _Server] = {}

    @property
    def urls(self) -> dict[str, str]:
        """Where each address is, by its name."""
        return {name: server.url for name, server in self._servers.items()}

    @property
    def addresses(self) -> dict[str, Address]:
        """Each address as an invariant asks it, with the reader's key where it wants one."""
        keyed = self.site.keyed
        return {
            name: Address(
                url=url,
                variable=SAMPLE_KEY if name in keyed else "",
                key=READER if name in keyed else "",
            )
            for name, url in self.urls.items()
        }

    @property
    def buckets(self) -> dict[str, Bucket]:
        """Each bucket under its own name, with the key that may only read."""
        return {
            name: Bucket(
                url=self.urls[S3],
                bucket=name,
                variable=SAMPLE_KEY,
                user=READER,
                secret=SECRETS[READER],
            )
            for name in self.site.buckets
        }

    @property
    def site(self) -> Site:
        """What the addresses answer now."""
        changed = self._file.stat().st_mtime_ns
        if changed != self._read_at:
            self._site, self._read_at = read(self._file), changed
        return self._site

    def __enter__(self) -> "Served":
        self._servers = {name: _Server(self, name) for name in self.site.addresses}
        for server in self._servers.values():
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if not self._servers:
            return
        # Each waits for its own thread: side by side that takes as long as one does.
        with ThreadPoolExecutor(len(self._servers)) as pool:
            list(pool.map(_Server.shutdown, self._servers.values()))
        for server in self._servers.values():
            server.server_close()

    def reply(self, request: Request) -> Reply:
        """What a request is answered with."""
        with self._lock:
            site = self.site
            if request.address == S3:
                reply = buckets.answer(site, request)
            elif not _may(site, request):
                reply = Reply(status=401, json={"message": "no valid key was given"})
            else:
                reply = self._received(site, request) or self._declared(site, request)
            if request.changes:
                site.save(self._file)
        return reply

    def placed(self, text: str) -> str:
        """A text in which addresses are spoken of, with their URLs."""
        for name, url in self.urls.items():
            text = text.replace(PLACE.format(name), url)
        return text

    def _received(self, site: Site, request: Request) -> Reply | None:
        return self._receive(site, request) if self._receive and request.changes else None

    def _declared(self, site: Site, request: Request) -> Reply:
        found = site.found(request)
        if found is None:
            return Reply(status=404, json={"message": "not found"})
        said, answer = found
        turn = self._given[request.address, said]
        self._given[request.address, said] += 1
        took = answer["seconds"]
        return Reply(**{**answer, "seconds": took[turn % len(took)]})


def _may(site: Site, request: Request) -> bool:
    """Whether the key that a request shows is enough for it."""
    shown = request.headers.get("authorization", "").removeprefix("Bearer ")
    known = {WRITER} if request.changes else {READER, WRITER}
    if request.address not in site.keyed and not request.changes:
        return True
    return not known.isdisjoint({shown, request.headers.get("apikey", "")})


class _Server(Loopback):
    def __init__(self, served: Served, address: str) -> None:
        super().__init__(_Handler)
        self.served = served
        self.address = address


class _Handler(Handler):
    server: _Server

    def answer(self) -> None:
        """Answer whatever is asked."""
        served = self.server.served
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.server.address, self.command, self.path, headers, self.body())
        reply = served.reply(request)
        sleep(reply.seconds)
        body = served.placed(reply.content).encode()
        kind = "application/json" if reply.text is None else "text/html; charset=utf-8"
        said = {name: served.placed(value) for name, value in reply.headers.items()}
        self.head(reply.status, {"Content-Type": kind, **said}, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_OPTIONS = answer  # noqa: N815  # the library's names
    do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815  # as above
