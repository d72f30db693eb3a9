import json
from dataclasses import replace

import pytest
from sample_lesson import EXERCISES, sample_lesson

from asynclab.reference import source_of
from grader.build import generated, leftovers, reference, write
from grader.drift import drift
from grader.lesson import CODE_STUB, SourceError
from grader.notebook import solved_notebook, source_notebook
from grader.repository import Repository


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sample lesson and what the real nbgrader makes of it, twice."""
    root = tmp_path_factory.mktemp("built")
    lesson = sample_lesson(root)
    return lesson, generated(Repository(root), [lesson, replace(lesson, name="02_again")], EXERCISES)


@pytest.fixture(scope="module")
def cells(built):
    lesson, files = built
    text = files[Repository(lesson.path.parent.parent).notebook("01_waiting")]
    return {cell["id"]: cell for cell in json.loads(text)["cells"]}


def source(cell):
    return "".join(cell["source"])


def test_the_learner_gets_a_stub_in_place_of_the_answer(cells):
    assert source(cells["wait_for_it"]) == (
        "async def wait_for_it(seconds: float) -> float:\n"
        '    """Wait so long, and return what the clock says."""\n'
        f"    {CODE_STUB}"
    )


def test_our_stub_is_the_one_that_nbgrader_makes(built, cells):
    lesson, _ = built
    for name in ("wait_for_it", "why_wait"):
        (cell,) = [cell for cell in lesson.cells if cell.name == name]
        assert cell.stub() == source(cells[name])


def test_an_answer_is_followed_by_its_locked_check(cells):
    ids = list(cells)
    check = cells[ids[ids.index("wait_for_it") + 1]]

    assert source(check) == 'check("wait_for_it")'
    assert (check["metadata"]["editable"], check["metadata"]["deletable"]) == (False, False)
    marks = check["metadata"]["nbgrader"]
    assert (marks["grade_id"], marks["points"], marks["grade"], marks["locked"], marks["solution"]) == (
        ("check_wait_for_it", 4, True, True, False)
    )


def test_an_answer_is_a_solution_cell_that_has_no_points_of_its_own(cells):
    marks = cells["wait_for_it"]["metadata"]["nbgrader"]

    assert (marks["solution"], marks["grade"], marks["locked"]) == (True, False, False)
    assert "points" not in marks


def test_a_reflection_is_marked_by_hand_and_its_model_answer_stays_here(cells):
    marks = cells["why_wait"]["metadata"]["nbgrader"]

    assert (marks["solution"], marks["grade"], marks["points"]) == (True, True, 5)
    assert source(cells["why_wait"]) == "*Write your answer here, in place of this line.*"


def test_other_cells_have_no_metadata_but_ours(cells):
    named = ("wait_for_it", "check_wait_for_it", "why_wait")
    assert [cell["metadata"] for id, cell in cells.items() if id not in named] == [
        {},
        {"asynclab": {"kind": "setup"}},
        {"asynclab": {"source": ["Q1.1"]}},
        {"asynclab": {"kind": "demo"}},
        {},
        {},
        {},
    ]


def test_the_numbers_of_an_exercise_stand_below_its_heading(cells):
    numbers = "*4 points · 10 minutes · about 2 lines · difficulty 2 of 5 · importance 5 of 5*"

    assert f"### Exercise 1 Wait\n{numbers}" in map(source, cells.values())


def test_nothing_of_this_machine_or_of_a_run_is_in_the_notebook(built, cells):
    lesson, files = built
    text = files[Repository(lesson.path.parent.parent).notebook("01_waiting")]

    assert json.loads(text)["metadata"] == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in cells.values())
    assert text.endswith("}\n")


def test_building_twice_gives_the_same_bytes(built):
    once, again = [text for path, text in built[1].items() if path.suffix == ".ipynb"]
    assert once == again


def test_a_new_cell_renames_none_of_the_others(tmp_path):
    def ids(*changes):
        text = source_notebook(sample_lesson(tmp_path, *changes), EXERCISES)
        return [cell["id"] for cell in json.loads(text)["cells"]]

    before = ids()
    after = ids(("# %% demo\n", "# %%\nprint('new')\n\n# %% demo\n"))

    assert [id for id in after if id in before] == before
    assert len(after) == len(before) + 1


def test_cells_with_the_same_text_have_different_ids(tmp_path):
    twice = sample_lesson(tmp_path, ("# %% demo\n", "# %% demo\nawait asyncio.sleep(0)\n\n# %% demo\n"))
    ids = [cell["id"] for cell in json.loads(source_notebook(twice, EXERCISES))["cells"]]

    assert len(set(ids)) == len(ids)


def test_an_answer_to_no_exercise_is_refused_with_its_line(tmp_path):
    lesson = sample_lesson(tmp_path, ("{{exercise wait_for_it}}", ""))
    with pytest.raises(SourceError, match=r"01_waiting\.py:23: 'wait_for_it' is no exercise"):
        source_notebook(lesson, {})


def test_a_placeholder_for_no_exercise_is_refused_with_its_line(tmp_path):
    lesson = sample_lesson(tmp_path, ("{{exercise wait_for_it}}", "{{exercise wait}}"))
    with pytest.raises(SourceError, match=r"01_waiting\.py:19: {{exercise wait}} names no exercise"):
        source_notebook(lesson, EXERCISES)


def test_the_solved_notebook_has_the_answers_and_no_marks(tmp_path):
    text = solved_notebook(sample_lesson(tmp_path), EXERCISES)

    assert "return time.monotonic()" in text
    assert "The model answer." in text
    assert "SOLUTION" not in text


def test_a_reference_answer_runs_alone_with_no_more_than_it_needs(built):
    lesson, _ = built
    assert reference(lesson, "wait_for_it") == (
        "# Generated by `python -m grader build` from solutions/01_waiting.py: edit it there.\n"
        "import asyncio, time\n"
        "\n\n"
        "LIMIT = 3\n"
        "\n\n"
        "async def wait_for_it(seconds: float) -> float:\n"
        '    """Wait so long, and return what the clock says."""\n'
        "    await asyncio.sleep(min(seconds, LIMIT))\n"
        "    return time.monotonic()\n"
    )


def test_a_reference_answer_is_shown_without_its_header(built):
    first_fetch = source_of("first_fetch")

    assert first_fetch.startswith(("from ", "import ", "async "))
    assert "async def first_fetch(" in first_fetch


@pytest.mark.parametrize("name", ["first_fech", "__init__.py", "../loop"])
def test_there_is_no_reference_answer_to_what_is_no_exercise(name):
    with pytest.raises(LookupError, match="python -m grader build"):
        source_of(name)


def test_what_is_built_has_not_drifted_until_something_changes(tmp_path, monkeypatch):
    # nbgrader's share is tested above; a cheaper release serves here
    monkeypatch.setattr("grader.build.release", dict)
    repository = Repository(tmp_path)
    lesson = sample_lesson(tmp_path)
    notebook = repository.notebook("01_waiting")
    write(generated(repository, [lesson], EXERCISES))
    assert list(drift(repository, [lesson], EXERCISES)) == []

    notebook.write_text(notebook.read_text().replace("# Waiting", "# Wating"))
    (repository.reference / "wait_for_it.py").unlink()
    (repository.reference / "gone.py").write_text("")

    problems = list(drift(repository, [lesson], EXERCISES))

    assert [problem.path.name for problem in problems] == ["01_waiting.ipynb", "wait_for_it.py", "gone.py"]
    assert problems[0].line == 8
    assert problems[0].message == (
        'is `"# Wating\\n",`, solutions/ gives `"# Waiting\\n",`. Run: python -m grader build'
    )
    assert problems[1].message.startswith("is missing.")
    assert problems[2].message.startswith("comes from no lesson")


def test_only_what_differs_is_written(tmp_path):
    file = tmp_path / "folder" / "file"

    assert write({file: "text\n"}) == [file]
    assert write({file: "text\n"}) == []
    assert file.read_bytes() == b"text\n"


def test_what_no_lesson_gives_any_more_is_left_over(tmp_path):
    repository = Repository(tmp_path)
    lesson = sample_lesson(tmp_path)
    kept, gone = repository.notebook("01_waiting"), repository.notebook("02_gone")
    write(
        {kept: "", gone: "", repository.reference / "__init__.py": "", repository.reference / "gone.py": ""}
    )

    assert leftovers(repository, {lesson.name: lesson}) == [gone, repository.reference / "gone.py"]
