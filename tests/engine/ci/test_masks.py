"""Secrets in a job's log: masked before anything is asked, and only there."""

import pytest

from trueup import masks
from trueup.config import Project, read
from trueup.environment import environments

TOML = """
[systems.shop]
title = "Shop"
[systems.shop.environments.production]
replica = "SHOP_REPLICA_URL"
"""


def test_a_password_is_masked_as_it_stands_in_a_url_and_as_it_is(
    tmp_path, monkeypatch, capsys
) -> None:
    (tmp_path / "trueup.toml").write_text(TOML)
    monkeypatch.setenv("SHOP_REPLICA_URL", "postgresql://reader:pa%40ss%2Fword@db.example/shop")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    project = Project(tmp_path, read(tmp_path / "trueup.toml"))

    with environments(project, "production", ("shop",)):
        said = capsys.readouterr()

    assert said.err.splitlines() == ["::add-mask::pa%40ss%2Fword", "::add-mask::pa@ss/word"]
    assert said.out == ""


@pytest.mark.parametrize("values", [{}, {"GITHUB_ACTIONS": "false"}])
def test_outside_a_job_nothing_is_said(values: dict[str, str], capsys) -> None:
    masks.tell(["a secret"], values)
    assert capsys.readouterr() == ("", "")


def test_a_mask_never_blots_out_half_of_the_log(capsys) -> None:
    masks.tell(["a", "", "sec", "secret", "secret"], {"GITHUB_ACTIONS": "true"})
    assert capsys.readouterr().err == "::add-mask::secret\n"
