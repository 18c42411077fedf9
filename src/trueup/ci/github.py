"""GitHub's API, as far as a scheduled run needs it; an error names the request, never the token."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import httpx

from trueup.ci.actions import Actions
from trueup.errors import CiError
from trueup.http_client import http_client

VERSION = "2022-11-28"
ATTEMPTS = 3
TIMEOUT = 30.0
AGAIN, LONGEST_PAUSE = 1.0, 60.0
PAGE = 100

REMEDIES = {
    401: "is GITHUB_TOKEN passed to the step?",
    403: "does the job have the permission that its documentation lists?",
    404: "does the job have the permission, and is it the right repository?",
    410: "issues are turned off in this repository",
}

Object = Mapping[str, Any]


class GitHub:
    """One repository, asked with the job's token."""

    def __init__(self, actions: Actions, pause: Callable[[float], None] = time.sleep) -> None:
        self._pause = pause
        self._api = actions.api
        self._home = f"{actions.api}/repos/{actions.repository}"
        headers = {
            "Authorization": f"Bearer {actions.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": VERSION,
        }
        self._client = http_client(TIMEOUT, headers)

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    def listed(self, path: str, most: int, **params: str) -> Iterator[Object]:
        """The objects of a list, page by page, at most so many."""
        given: dict[str, str] | None = {**params, "per_page": str(PAGE)}
        while most > 0:
            response = self._answered("GET", path, params=given)
            found = response.json()
            yield from found[:most]
            most -= len(found)
            # It names the repository by its number; the token goes to nobody but the API.
            path, given = response.links.get("next", {}).get("url", ""), None
            if not path.startswith(f"{self._api}/"):
                return

    def repository(self) -> Object:
        """The repository itself."""
        found: Object = self._answered("GET", "").json()
        return found

    def post(self, path: str, body: Object) -> Object:
        """Make something, and give it as it was made."""
        return self._object("POST", path, body)

    def patch(self, path: str, body: Object) -> Object:
        """Change something, and give it as it is now."""
        return self._object("PATCH", path, body)

    def _url(self, path: str) -> str:
        return path if path.startswith(f"{self._api}/") else self._home + path

    def _object(self, method: str, path: str, body: Object) -> Object:
        found: Object = self._answered(method, path, json=body).json()
        return found

    def _answered(self, method: str, path: str, **given: Any) -> httpx.Response:
        """The answer, after a pause where GitHub asks for one; raises CiError for any refusal."""
        trouble = ""
        for attempt in range(ATTEMPTS):
            try:
                response = self._client.request(method, self._url(path), **given)
            except httpx.HTTPError as error:
                trouble = f"GitHub does not answer {method} {path} ({type(error).__name__})"
                wait = AGAIN if method == "GET" else None
            else:
                if response.is_success:
                    return response
                trouble = _refused(method, path, response.status_code)
                wait = _wait(method, response)
            if wait is None or attempt == ATTEMPTS - 1:
                break
            self._pause(wait)
        raise CiError(trouble)


def opened(actions: Actions) -> "closing[GitHub]":
    """The job's repository, for a with block."""
    return closing(GitHub(actions))


def _refused(method: str, path: str, status: int) -> str:
    remedy = REMEDIES.get(status, "run the job again")
    return f"GitHub answers {method} {path} with {status}; {remedy}"


def _wait(method: str, response: httpx.Response) -> float | None:
    """
    Seconds until another try may help, None where none will, or where it might do a thing twice.

    A secondary limit is 403 or 429 with retry-after (its documentation, "Rate limits for the REST
    API").
    """
    after = response.headers.get("retry-after", "")
    if response.status_code in (403, 429) and after.isdigit():
        return min(float(after), LONGEST_PAUSE)
    return AGAIN if response.is_server_error and method == "GET" else None
