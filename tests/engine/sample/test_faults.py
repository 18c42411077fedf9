"""Reading a system's faults."""

import pytest

from trueup.errors import SampleError
from trueup.sample import Fault, faults

ONE = """
from trueup.sample import Fault

FAULTS = (
    Fault(
        name="worker_died",
        invariant="every_job_ends",
        plant="insert into jobs values (7)",
        keys=frozenset({"7"}),
    ),
)
"""


def test_faults_are_read_from_the_folder_of_their_system(tmp_path):
    (tmp_path / "faults.py").write_text(ONE)

    assert faults.load(tmp_path) == (
        Fault(
            name="worker_died",
            invariant="every_job_ends",
            plant="insert into jobs values (7)",
            keys=frozenset({"7"}),
            near_misses="",
            also={},
        ),
    )


def test_a_fault_can_be_a_key(tmp_path):
    (tmp_path / "faults.py").write_text(ONE)

    assert len({*faults.load(tmp_path), *faults.load(tmp_path)}) == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "has no FAULTS; it is a tuple of Fault"),
        ("FAULTS = ('worker_died',)", "has no FAULTS; it is a tuple of Fault"),
        (ONE.replace("worker_died", "Worker died"), "'Worker died'; write it in snake_case"),
        (ONE.replace("every_job_ends", "test_every_job_ends"), "names its invariant with test_"),
        (ONE + "FAULTS *= 2", "has two faults named 'worker_died'; rename one"),
    ],
)
def test_a_file_that_cannot_be_meant_so_is_refused(tmp_path, text, complaint):
    (tmp_path / "faults.py").write_text(text)

    with pytest.raises(SampleError, match=complaint):
        faults.load(tmp_path)


def test_a_system_without_faults_is_refused(tmp_path):
    with pytest.raises(SampleError, match=r"there is no .*faults\.py"):
        faults.load(tmp_path)
