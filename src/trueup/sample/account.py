"""Who the servers run as: the user himself, or `nobody` for root, whom PostgreSQL refuses."""

import os
import pwd
import stat
from pathlib import Path

from msgspec import Struct


class Account(Struct, frozen=True):
    """A user and his group, as numbers."""

    uid: int
    gid: int


def account() -> Account | None:
    """`nobody` where this process is root; None means the user himself."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def may_reach(account: Account | None, path: Path) -> bool:
    """
    Whether the account may enter this folder or run this program, and all folders above it.

    A folder below root's home does not, and opening that home to everybody is no way out.
    """
    if account is None:
        return True
    real = path.resolve()
    return all(_passes(account, each.stat()) for each in (real, *real.parents))


def _passes(account: Account, status: os.stat_result) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def is_ours(folder: Path) -> bool:
    """Whether this is a real folder that we made and nobody else can write to."""
    status = folder.lstat()
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.geteuid()
        and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )
