"""Where the data folders lie: in the sample's folder, if the servers' account can get there."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from trueup.errors import SampleError
from trueup.sample.account import Account, is_ours, may_reach

FOLDERS = ("primary", "standby")
FILES = ("primary.conf", "standby.conf", "primary.log", "standby.log", "initdb.password")


def make(folder: Path, account: Account | None) -> Path:
    """
    Give the folder itself, or, where `nobody` cannot get there, one below the temporary folder.

    So the sample also works for root in a folder of root's own. What an interrupted attempt left
    there is removed.
    """
    home = folder if may_reach(account, folder) else _elsewhere(folder)
    erase(home)
    return home


def _elsewhere(folder: Path) -> Path:
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    elsewhere = Path(tempfile.gettempdir()) / f"trueup-sample-{digest}"
    elsewhere.mkdir(mode=0o711, exist_ok=True)
    if not is_ours(elsewhere):
        raise SampleError(f"{elsewhere} was made by somebody else; remove it and try again")
    elsewhere.chmod(0o711)
    return elsewhere


def erase(home: Path) -> None:
    """Remove what the servers left; the folder stays."""
    for name in FOLDERS:
        shutil.rmtree(home / name, ignore_errors=True)
    for name in FILES:
        (home / name).unlink(missing_ok=True)
