"""The secret seeds of the marks: new for each submission, and kept for the next marking of the same one."""

import stat

import pytest

from grader.sanitise import rebuilt
from grader.seeds import BITS, Seeds
from tests.submissions import RIGHT, answered, released, with_own_cell, write


def of(notebook, tmp_path):
    return rebuilt(write(notebook, tmp_path / "files"), released())


@pytest.fixture
def seeds(tmp_path):
    return Seeds(tmp_path, "01_event_loop", "ada")


def test_the_same_submission_gets_the_same_seed_again(seeds, tmp_path):
    notebook = of(answered(released(), **RIGHT), tmp_path)
    assert seeds.of("01_event_loop", notebook) == Seeds(tmp_path, "01_event_loop", "ada").of(
        "01_event_loop", notebook
    )


def test_another_answer_or_cell_gets_a_new_one(seeds, tmp_path):
    notebooks = [
        released(),
        answered(released(), **RIGHT),
        with_own_cell(released(), "x = 1", above="fetch_all"),
    ]
    drawn = [seeds.of("01_event_loop", of(each, tmp_path)) for each in notebooks]
    assert len(set(drawn)) == 3


def test_two_students_with_the_same_text_have_different_seeds(tmp_path):
    notebook = of(released(), tmp_path)
    drawn = {Seeds(tmp_path, "01_event_loop", who).of("01_event_loop", notebook) for who in ("ada", "bob")}
    assert len(drawn) == 2


def test_nobody_guesses_it(seeds, tmp_path):
    assert BITS >= 64
    assert seeds.of("01_event_loop", of(released(), tmp_path)).bit_length() > BITS - 64


def test_nobody_else_reads_the_file(seeds, tmp_path):
    seeds.of("01_event_loop", of(released(), tmp_path))
    assert stat.S_IMODE(seeds.path.stat().st_mode) == 0o600


def test_a_damaged_file_is_not_overwritten(seeds, tmp_path):
    seeds.path.parent.mkdir(parents=True)
    seeds.path.write_text("{")
    with pytest.raises(ValueError, match="Expecting"):
        seeds.of("01_event_loop", of(released(), tmp_path))
    assert seeds.path.read_text() == "{"
