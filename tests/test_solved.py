"""Lessons with their answers in place, in a real kernel."""

import json

import pytest
from sample_lesson import sample_exercise

from grader.lesson import BEGIN, END, Cell, Lesson
from grader.solved import CellError, solve

EXERCISES = {"one": sample_exercise("one", points=2)}


def lesson(tmp_path, *cells):
    answer = Cell("answer", f"{BEGIN}\none = 1\n{END}", 10, "one")
    return Lesson("01_waiting", tmp_path / "01_waiting.py", (*cells, answer))


def test_every_cell_is_executed_and_no_file_is_left(tmp_path):
    writes = Cell("setup", "open('left', 'w').close()\ndef check(name): return 2.0", 1)
    notebook = json.loads(solve(lesson(tmp_path, writes), EXERCISES))

    assert [cell["execution_count"] for cell in notebook["cells"]] == [1, 2, 3]
    assert notebook["cells"][1]["source"] == ["one = 1"]
    assert notebook["cells"][2]["outputs"] == []  # the bare number is for nbgrader
    assert list(tmp_path.iterdir()) == []


def test_a_cell_that_raises_is_named_with_its_error(tmp_path):
    with pytest.raises(CellError, match=r"cell \w+ \(`x = 1`\): ZeroDivisionError: division by zero"):
        solve(lesson(tmp_path, Cell("demo", "x = 1\nx / 0", 1)), EXERCISES)


def test_a_check_that_gives_less_than_full_marks_is_named(tmp_path):
    with pytest.raises(
        CellError, match=r"cell check_one \(`check\(\"one\"\)`\): .*'1.0'.*, not the 2 points"
    ):
        solve(lesson(tmp_path, Cell("setup", "def check(name): return 1.0", 1)), EXERCISES)
