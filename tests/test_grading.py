"""`python -m grader grade`: the engine's own door, which writes what nbgrader's autograde writes."""

import csv
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys

import pytest
from nbgrader.api import Gradebook

from grader.grading import Course
from grader.repository import UsageError
from tests.submissions import RIGHT, ROOT, answered, known, released, with_own_cell, worth, write

LESSON = "01_event_loop"
LIMITS = "c.MarksFromTheJudge.cell_seconds = 3\nc.MarksFromTheJudge.cell_cpu_seconds = 2\n"
ON_TIME, LATE = "2026-11-01 10:00:00 UTC", "2026-11-03 09:00:00 UTC"

SUBMISSIONS = {
    "blank": released(),
    "hangs": answered(
        released(), **{**RIGHT, "fetch_first": f"await asyncio.Event().wait()\n{RIGHT['fetch_first']}"}
    ),
    "own": with_own_cell(answered(released(), **RIGHT), "print('own')\n1 / 0", above="fetch_first"),
    "right": answered(released(), **RIGHT),
    "wrong": answered(
        released(),
        fetch_all=known("fetch_all", "wrong_await_in_loop"),
        fetch_first=known("fetch_first", "wrong_losers_left_running"),
        fetch_as_ready=known("fetch_as_ready", "wrong_input_order"),
    ),
}
SCORES = {"blank": 0, "hangs": 8, "own": 14, "right": 14, "wrong": 9.14}


def run(*command, folder=ROOT, code=0):
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment["ASYNCLAB_EXCHANGE"] = str(folder.parent / "exchange")
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout, done.stderr


def grade(teacher, *options, code=0):
    return run("grader", "grade", LESSON, "--folder", str(teacher), *options, code=code)


def submit(teacher, student, notebook, when=ON_TIME):
    folder = teacher / "submitted" / student / LESSON
    write(notebook, folder)
    (folder / "timestamp.txt").write_text(when)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory, runtime):
    """A teacher's folder with submissions, not marked yet."""
    folder = tmp_path_factory.mktemp("grading") / "teacher"
    run("grader", "teach", "--no-lab", "--folder", str(folder), folder=ROOT)
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write(LIMITS)
    for student, notebook in SUBMISSIONS.items():
        submit(folder, student, notebook)
    return folder


@pytest.fixture(scope="module")
def graded(teacher):
    """What the command said."""
    return grade(teacher)


def rows(teacher):
    """Everything that the gradebook knows of the submissions."""
    with Gradebook(f"sqlite:///{teacher}/gradebook.db") as gradebook:
        found = {}
        for submission in gradebook.assignment_submissions(LESSON):
            (notebook,) = submission.notebooks
            found[submission.student_id] = {
                "at": submission.timestamp,
                "score": submission.score,
                "penalty": notebook.late_submission_penalty,
                "by hand": submission.needs_manual_grade,
                "grades": {
                    grade.cell.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
                    for grade in notebook.grades
                },
                "comments": {comment.cell.name: comment.auto_comment for comment in notebook.comments},
            }
        return found


def notebooks(teacher):
    return {path.parts[-3]: path.read_bytes() for path in teacher.glob(f"autograded/*/{LESSON}/*.ipynb")}


# --- the marks


def test_each_submission_has_the_marks_it_earns(teacher, graded):
    assert {student: row["score"] for student, row in rows(teacher).items()} == SCORES


def test_the_table_says_so(graded):
    lines = graded[0].splitlines()
    assert lines[0].split() == ["student", *worth(released()), "score"]
    assert [line.split() for line in lines if line.startswith("wrong ")] == [
        ["wrong", "1.6", "5.14", "2.4", "0", "0", "9.14"]
    ]
    assert lines[-1].endswith(f"nbgrader generate_feedback {LESSON}")


def test_a_bar_shows_how_far_it_is_and_what_an_instructor_may_want_to_know(graded):
    assert "5/5" in graded[1]
    assert re.search(r"hangs: cell \d+ \(fetch_first\): This cell was stopped", graded[1])


def test_nbgraders_autograde_writes_the_same_rows_and_the_same_notebooks_to_the_byte(teacher, graded):
    before = rows(teacher), notebooks(teacher)
    run("nbgrader", "autograde", LESSON, "--force", folder=teacher)
    assert rows(teacher) == before[0]
    assert notebooks(teacher) == before[1]


def test_feedback_and_export_go_on_from_there(teacher, graded):
    run("nbgrader", "generate_feedback", LESSON, "--force", folder=teacher)
    feedback = (teacher / "feedback" / "wrong" / LESSON / f"{LESSON}.html").read_text()
    assert "<svg" in feedback
    run("nbgrader", "export", folder=teacher)
    with (teacher / "grades.csv").open(newline="") as file:
        exported = {
            row["student_id"]: float(row["score"])
            for row in csv.DictReader(file)
            if row["assignment"] == LESSON
        }
    assert exported == pytest.approx(SCORES)


def test_what_has_its_marks_is_not_marked_again(teacher, graded):
    said, _ = grade(teacher)
    assert said == "Everything that was handed in has its marks. To mark it again: --force\n"


def test_marked_again_everything_is_the_same_to_the_byte(teacher, graded):
    before = rows(teacher), notebooks(teacher)
    grade(teacher, "--force", "--student", "wrong", "--student", "own")
    assert (rows(teacher), notebooks(teacher)) == before


def test_the_paranoid_sandbox_gives_the_same_marks(teacher, graded):
    before = rows(teacher), notebooks(teacher)
    grade(teacher, "--force", "--paranoid", "--student", "wrong")
    assert (rows(teacher), notebooks(teacher)) == before


# --- what is handed in later


def test_a_new_submission_is_marked_with_new_seeds_and_late_ones_cost_what_the_teacher_says(teacher, graded):
    config = teacher / "nbgrader_config.py"
    text = config.read_text()
    seeds = json.loads((teacher / "seeds" / LESSON / "blank.json").read_bytes())
    with Gradebook(f"sqlite:///{teacher}/gradebook.db") as gradebook:
        gradebook.update_or_create_assignment(LESSON, duedate="2026-11-02 10:00:00 UTC")
    try:
        config.write_text(f"{text}c.ShareForEachDay.share = 0.25\n")
        submit(teacher, "blank", answered(released(), **RIGHT), LATE)
        said, _ = grade(teacher)
    finally:
        config.write_text(text)
        with Gradebook(f"sqlite:///{teacher}/gradebook.db") as gradebook:
            gradebook.update_or_create_assignment(LESSON, duedate=None)
    assert said.splitlines()[1].split() == ["blank", "4", "6", "4", "0", "0", "10.5"]
    assert rows(teacher)["blank"]["penalty"] == 3.5
    assert json.loads((teacher / "seeds" / LESSON / "blank.json").read_bytes()) != seeds


def test_what_a_person_has_given_stays(teacher, graded):
    with Gradebook(f"sqlite:///{teacher}/gradebook.db") as gradebook:
        found = gradebook.find_grade("check_fetch_all", LESSON, LESSON, "wrong")
        found.manual_score, found.needs_manual_grade = 3.0, False
        gradebook.db.commit()
    grade(teacher, "--force", "--student", "wrong")
    assert rows(teacher)["wrong"]["grades"]["check_fetch_all"] == (1.6, 3.0, True)


# --- when something is in the way


def test_ctrl_c_ends_it_and_the_same_command_goes_on(teacher, graded):
    for student in ("zz_hangs", "zz_right"):
        submit(teacher, student, SUBMISSIONS["hangs"] if "hangs" in student else SUBMISSIONS["right"])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    command = [sys.executable, "-m", "grader", "grade", LESSON, "--folder", str(teacher), "--force"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    seen = b""
    while b"2/" not in seen:
        read = os.read(process.stderr.fileno(), 4096)
        assert read, seen
        seen += read
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"The same command goes on from here." in out
    assert not list(teacher.glob(f"autograded/*/.{LESSON}.*"))
    said, _ = grade(teacher)
    assert [line.split()[0] for line in said.splitlines()[1:-1]] == ["zz_hangs", "zz_right"]


def test_an_unknown_assignment_and_an_unknown_student_are_said_to_be_so(teacher, graded):
    course = Course.read(teacher)
    with pytest.raises(UsageError, match=r"no released assignment '01_event_lop'.* mean 01_event_loop"):
        course.to_mark("01_event_lop", None, force=False)
    with pytest.raises(UsageError, match=r"'rihgt' has handed in nothing .* mean right"):
        course.to_mark(LESSON, ["rihgt"], force=False)


def test_a_folder_that_is_no_teachers_says_how_to_make_one(tmp_path):
    _, said = run("grader", "grade", LESSON, "--folder", str(tmp_path), code=2)
    assert "is no teacher's folder" in said
    assert "make lab-teacher" in said


@pytest.mark.parametrize("door", ["grader", "nbgrader"])
def test_without_a_runtime_nothing_is_graded_or_touched(teacher, graded, door, tmp_path, monkeypatch):
    before = rows(teacher), notebooks(teacher)
    monkeypatch.setenv("ASYNCLAB_RUNTIME", str(tmp_path / "none"))
    if door == "grader":
        _, said = grade(teacher, "--force", code=3)
    else:
        said = "".join(run("nbgrader", "autograde", LESSON, "--force", folder=teacher, code=1))
    assert "Refusing to grade: there is no up-to-date runtime" in said
    assert "python -m grader setup" in said
    assert (rows(teacher), notebooks(teacher)) == before


def test_a_gradebook_that_is_locked_is_one_message_and_no_mark(teacher, graded):
    before = notebooks(teacher)
    lock = sqlite3.connect(teacher / "gradebook.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    try:
        _, said = grade(teacher, "--force", "--student", "right", code=1)
    finally:
        lock.close()
    assert "gradebook.db cannot be opened: database is locked" in said
    assert "Traceback" not in said
    assert notebooks(teacher) == before
