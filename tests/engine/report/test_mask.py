import stat
from pathlib import Path

import pytest

from trueup.errors import ConfigError
from trueup.report.mask import FILE, MASKED, PLAIN, VARIABLE, Mask, is_mask, of_project

KEY = "a key that nobody else has"


def test_the_same_text_has_the_same_mask_and_another_has_another() -> None:
    mask = of_project(Path("unused"), {VARIABLE: KEY})

    assert mask.of("Jane@example.com ") == mask.of("jane@example.com")
    assert mask.of("jane@example.com") != mask.of("joan@example.com")
    assert is_mask(mask.of("jane@example.com"))


def test_another_project_has_other_masks() -> None:
    one = of_project(Path("unused"), {VARIABLE: KEY})
    other = of_project(Path("unused"), {VARIABLE: KEY + "."})

    assert one.of("jane") != other.of("jane")


def test_a_key_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    first = of_project(tmp_path, {})

    assert of_project(tmp_path, {}) == first
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert (tmp_path / FILE).read_text() not in repr(first)


def test_without_a_key_a_mask_says_nothing() -> None:
    assert PLAIN.of("jane") == MASKED


def test_a_key_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="shorter than 16 characters"):
        of_project(tmp_path, {VARIABLE: "secret"})


def test_a_folder_that_cannot_be_written_names_the_variable(tmp_path: Path) -> None:
    (tmp_path / ".trueup").write_text("a file stands in the way")

    with pytest.raises(ConfigError, match=f"set {VARIABLE} instead"):
        of_project(tmp_path, {})


@pytest.mark.parametrize(
    ("text", "mask"),
    [("masked", True), ("masked 0123abcd", True), ("masked man", False), ("Masked", False)],
)
def test_a_mask_is_known_from_a_text(text: str, *, mask: bool) -> None:
    assert is_mask(text) is mask


def test_half_a_character_has_a_mask() -> None:
    assert is_mask(Mask(b"k" * 16).of("half \ud83d"))
