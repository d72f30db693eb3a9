"""What a learner did is kept, one line for each thing, whatever happens to the file."""

import importlib
import json

import pytest

from asynclab.exercise import find_exercise

progress = importlib.import_module("asynclab.progress")  # `asynclab.progress` itself is the learner's door


@pytest.fixture(autouse=True)
def nothing_in_memory(monkeypatch):
    monkeypatch.setattr(progress, "_unwritten", [])


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course folder, and we are in one of its lessons."""
    (tmp_path / ".asynclab").mkdir()
    lesson = tmp_path / "01_event_loop"
    lesson.mkdir()
    monkeypatch.chdir(lesson)
    return tmp_path


@pytest.fixture
def file(course):
    return course / ".asynclab" / "progress.jsonl"


def check(verdict, score, name="fetch_all"):
    progress.note("check", name, verdict=verdict, score=score, points=4)


def standing(name="fetch_all", start=None):
    return next(one for one in progress.standings(start) if one.exercise.name == name)


def test_each_thing_is_one_line_of_json(file):
    check("not_yet", 1.5)
    progress.note("hint", "fetch_all", level=1)

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["check", "hint"]
    assert {key: lines[0][key] for key in ("exercise", "verdict", "score")} == {
        "exercise": "fetch_all",
        "verdict": "not_yet",
        "score": 1.5,
    }
    assert lines[0]["at"].endswith("+00:00")


def test_lines_are_appended_never_rewritten(file):
    file.write_text("whatever was there\n")
    check("right", 4)

    assert file.read_text().startswith("whatever was there\n")


def test_the_folder_of_the_course_is_found_from_every_folder_in_it(course):
    assert progress.state_folder(course / "01_event_loop") == course / ".asynclab"
    assert progress.state_folder(course) == course / ".asynclab"


def test_outside_a_course_folder_no_file_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check("right", 4)

    assert list(tmp_path.iterdir()) == []
    assert progress.has_passed("fetch_all")


def test_the_best_score_counts_and_every_check(file):
    for score in (1, 3, 2):
        check("not_yet", score)

    assert (standing().best, standing().checks, standing().word) == (3, 3, "not yet")


def test_a_pass_stays_a_pass(file):
    check("right", 4)
    check("not_yet", 1)

    assert (standing().word, progress.has_passed("fetch_all")) == ("right", True)


def test_a_check_of_a_blank_is_no_attempt(file):
    check("not_attempted", 0)

    assert (standing().word, standing().checks) == ("not attempted", 0)


def test_hints_are_counted(file):
    progress.note("hint", "fetch_all", level=1)
    progress.note("hint", "fetch_all", level=2)

    assert standing().hints == 2


def test_exercises_are_kept_apart(file):
    check("right", 6, "fetch_first")

    assert not progress.has_passed("fetch_all")
    assert standing("fetch_first").exercise is find_exercise("fetch_first")


@pytest.mark.parametrize(
    "damage",
    [
        '{"kind": "check", "exercise": "fetch_a',  # a kernel died while it wrote
        "not JSON at all",
        "[1, 2]",
        "null",
        '{"kind": "check"}',
        '{"kind": "check", "exercise": 5, "score": 4}',
        '{"kind": "check", "exercise": "fetch_all", "score": "four"}',
        '{"kind": "check", "exercise": "fetch_all", "score": null}',
        '{"kind": "check", "exercise": "fetch_all"}',
        '{"kind": "check", "exercise": "gone_since", "score": 4}',
        "\x00\x00",
        "",
    ],
)
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_damaged_line_is_passed_over_and_takes_no_other_with_it(file, damage, end):
    check("not_yet", 2)
    with file.open("a") as opened:
        opened.write(damage + end)
    check("not_yet", 3)

    assert standing().best == 3.0
    assert len(file.read_bytes().splitlines()) <= 3


def test_bytes_that_are_no_text_are_passed_over(file):
    file.write_bytes(b"\xff\xfe\n")
    check("right", 4)

    assert progress.has_passed("fetch_all")


def test_where_no_file_can_be_written_memory_has_it(course, file):
    file.mkdir()  # as good as a read-only disk, and the same for root
    check("right", 4)

    assert progress.has_passed("fetch_all")


def test_a_folder_that_is_gone_stands_in_nobodys_way(course, monkeypatch):
    (course / "01_event_loop").rmdir()
    check("right", 4)

    assert progress.has_passed("fetch_all")


def test_another_course_folder_can_be_asked_for(course, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / ".asynclab").mkdir()
    check("right", 4)

    assert standing(start=course).word == "right"
    assert standing(start=other).word == "not attempted"
