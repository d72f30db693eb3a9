"""Which cells of a submission run for marks."""

import pytest

from grader.marked_cells import exercise_of, gives_points, runs
from grader.sanitise import rebuilt
from tests.submissions import RIGHT, answered, cell, released, with_own_cell, write


@pytest.fixture
def notebook(tmp_path):
    theirs = with_own_cell(answered(released(), **RIGHT), "helper = 1", above="fetch_all")
    return rebuilt(write(theirs, tmp_path), released())


def test_set_up_own_cells_and_answers_run_and_no_other(notebook):
    (setup,) = (
        each["id"] for each in notebook["cells"] if each["metadata"].get("asynclab") == {"kind": "setup"}
    )
    assert [each["id"] for each in notebook["cells"] if runs(each)][:3] == [setup, "own-1", "fetch_all"]
    assert not any(runs(each) for each in notebook["cells"] if gives_points(each))


def test_a_check_names_its_exercise(notebook):
    assert exercise_of(cell(notebook, "check_fetch_all")) == "fetch_all"
    assert exercise_of(cell(notebook, "fetch_all")) == ""


def test_a_learners_own_check_gives_no_points():
    own = {
        "cell_type": "code",
        "id": "own-1",
        "metadata": {"asynclab": {"kind": "own"}},
        "source": 'check("fetch_all")',
    }
    assert runs(own)
    assert not gives_points(own)
    assert exercise_of(own) == ""
