"""A day of a class, with nbgrader's own commands: hand out, hand in, collect, mark, give back."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeSubmit
from nbgrader.plugins import CsvExportPlugin
from traitlets.config import Config

from asynclab.exchange import LEARNERS_CONFIG
from asynclab.exercise import all_exercises
from grader.notebook import source_notebook
from grader.percent import read_lesson
from grader.teacher_folder import TeacherFolderError, update
from tests.submissions import (
    RIGHT,
    ROOT,
    Notebook,
    answered,
    cell,
    grade_id,
    known,
    released,
    with_own_cell,
    worth,
    write,
)

LESSON = "01_event_loop"
LIMITS = ("--MarksFromTheJudge.cell_seconds=4", "--MarksFromTheJudge.cell_cpu_seconds=2")
EXERCISES = ("fetch_all", "fetch_first", "fetch_as_ready")
POINTS = (4, 6, 4)


class ClassRoom:
    """A teacher's folder, an exchange, and a folder for each learner, below *root*."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.teacher = root / "teacher"
        self.inbound = root / "exchange" / "async-ml" / "inbound"
        self.environment = {**os.environ, "ASYNCLAB_EXCHANGE": str(root / "exchange")}
        self.environment.pop("PYTEST_CURRENT_TEST", None)  # a kernel that sees it lets file descriptor 2 be

    def run(self, *command: str, folder: Path, fails: bool = False) -> str:
        """What a command prints; it is to fail only if that is expected."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
        )
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    def teach(self) -> str:
        return self.run("grader", "teach", "--no-lab", "--folder", str(self.teacher), folder=ROOT)

    def nbgrader(self, *arguments: str, fails: bool = False) -> str:
        return self.run("nbgrader", *arguments, folder=self.teacher, fails=fails)

    def learner(self, name: str) -> Path:
        """The folder of a learner, with the configuration that `make lab` writes."""
        folder = self.root / "learners" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "nbgrader_config.py").write_text(LEARNERS_CONFIG, encoding="utf-8")
        return folder

    def submit(self, name: str, notebook: Notebook) -> None:
        """`nbgrader submit`, as a learner's terminal runs it."""
        folder = self.learner(name)
        write(notebook, folder / LESSON)
        self.run("nbgrader", "submit", LESSON, "--student", name, folder=folder)

    def submit_here(self, name: str, notebook: Notebook) -> None:
        """The same by the same code, without the two seconds that the command needs to start."""
        folder = self.learner(name)
        write(notebook, folder / LESSON)
        config = Config()
        config.CourseDirectory |= {"course_id": "async-ml", "student_id": name, "assignment_id": LESSON}
        config.Exchange |= {"root": str(self.root / "exchange"), "cache": str(folder / "cache")}
        config.Exchange.assignment_dir = str(folder)
        course, who = CourseDirectory(config=config), Authenticator(config=config)
        ExchangeSubmit(coursedir=course, authenticator=who, config=config).start()

    def marks(self) -> dict[str, tuple[float | None, ...]]:
        """The points of each student for each exercise, in order; None where there is no mark."""
        with Gradebook(f"sqlite:///{self.teacher}/gradebook.db") as gradebook:
            return {
                submission.student_id: tuple(
                    gradebook.find_grade(f"check_{name}", LESSON, LESSON, submission.student_id).auto_score
                    for name in EXERCISES
                )
                for submission in gradebook.assignment_submissions(LESSON)
            }

    def feedback(self, student: str) -> str:
        return (self.teacher / "feedback" / student / LESSON / f"{LESSON}.html").read_text(encoding="utf-8")

    def autograded(self, student: str) -> Notebook:
        path = self.teacher / "autograded" / student / LESSON / f"{LESSON}.ipynb"
        return json.loads(path.read_text(encoding="utf-8"))


NOISE = """
import os
import sys
import warnings

async def fetch_all(store, keys):
    os.write(2, b"from below\\n")  # as a library written in C does
    print("from here", file=sys.stderr)
    return await asyncio.gather(*(store.get(key) for key in keys))

print("already now", file=sys.stderr)
"""

HELPER = """
async def all_of(store, keys):
    return await asyncio.gather(*(store.get(key) for key in keys))
"""

#: Eight submissions, and the points that each is to get.
SUBMISSIONS = {
    "right": (answered(released(), **RIGHT), POINTS),
    "right_otherwise": (
        answered(
            released(),
            fetch_all=known("fetch_all", "right_task_group"),
            fetch_first=known("fetch_first", "right_queue"),
            fetch_as_ready=known("fetch_as_ready", "right_queue"),
        ),
        POINTS,
    ),
    "wrong": (
        answered(
            released(),
            fetch_all=known("fetch_all", "wrong_await_in_loop"),
            fetch_first=known("fetch_first", "wrong_losers_left_running"),
            fetch_as_ready=known("fetch_as_ready", "wrong_input_order"),
        ),
        (1.6, 5.14, 2.4),
    ),
    "blank": (released(), (0, 0, 0)),
    "hangs": (
        answered(
            released(), **{**RIGHT, "fetch_first": "await asyncio.Event().wait()\n\n" + RIGHT["fetch_first"]}
        ),
        (4, 0, 4),
    ),
    "syntax": (answered(released(), **{**RIGHT, "fetch_all": "async def fetch_all(:"}), (0, 6, 4)),
    "noisy": (answered(released(), **{**RIGHT, "fetch_all": NOISE}), POINTS),
    "helper": (
        with_own_cell(
            answered(
                released(),
                **{
                    **RIGHT,
                    "fetch_all": "async def fetch_all(store, keys):\n    return await all_of(store, keys)",
                },
            ),
            HELPER,
            above="fetch_all",
        ),
        POINTS,
    ),
}


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """The class room after the whole day."""
    room = ClassRoom(tmp_path_factory.mktemp("day"))
    room.teach()
    room.run("nbgrader", "fetch_assignment", LESSON, folder=room.learner("right"))
    room.fetched = json.loads((room.learner("right") / LESSON / f"{LESSON}.ipynb").read_text())
    for name, (notebook, _) in SUBMISSIONS.items():
        submit = room.submit if name in ("right", "noisy") else room.submit_here
        submit(name, notebook)
    room.nbgrader("collect", LESSON)
    room.log = room.nbgrader("autograde", LESSON, *LIMITS)
    room.nbgrader("generate_feedback", LESSON)
    room.nbgrader("release_feedback", LESSON)
    return room


def test_what_is_fetched_is_the_notebook_of_the_course(day):
    assert day.fetched == released()


def test_each_exercise_has_the_points_that_its_answer_earns(day):
    assert day.marks() == {name: points for name, (_, points) in SUBMISSIONS.items()}


def test_the_log_names_the_cell_that_was_stopped(day):
    assert re.search(
        r"WARNING\] hangs, 01_event_loop: cell \d+ \(fetch_first\): This cell was stopped: it was still",
        day.log,
    )


def test_feedback_says_what_was_seen_and_shows_it(day):
    feedback = day.feedback("wrong")
    says = known("fetch_all", "wrong_await_in_loop").splitlines()[0].removeprefix("# says: ")
    assert says in re.sub("<.*?>", "", feedback)
    figures = re.findall("<figure.*?</figure>", feedback, re.DOTALL)
    assert len(figures) == 3
    for figure in figures:
        assert "<svg" in figure
        # Nothing of the picture is fetched: the one address in it is the name of its language.
        assert set(re.findall(r"[a-z]+://[^\s\"'<)]+", figure)) == {"http://www.w3.org/2000/svg"}


def test_a_page_of_feedback_fetches_nothing(day):
    assert re.findall(r"""(?:src=|url\()["']?(?:https?:)?//[^\s"')>]+""", day.feedback("right")) == []


def test_feedback_says_why_an_answer_was_not_run_to_its_end(day):
    assert "This cell was stopped: it was still running after 4 s." in day.feedback("hangs")
    assert "Its cell raised SyntaxError" in re.sub("<.*?>", "", day.feedback("syntax"))
    assert "already now" in day.feedback("noisy")


def test_only_what_counts_was_run(day):
    ran = [
        each
        for each in day.autograded("right")["cells"]
        if each.get("execution_count") or each.get("outputs")
    ]
    assert {grade_id(each) for each in ran} == {f"check_{name}" for name in worth(released())}


def test_a_learner_fetches_their_own_feedback(day):
    folder = day.learner("right")
    day.run("nbgrader", "fetch_feedback", LESSON, "--student", "right", folder=folder)
    (fetched,) = (folder / LESSON / "feedback").glob(f"*/{LESSON}.html")
    assert fetched.read_text(encoding="utf-8") == day.feedback("right")


def test_the_exported_table_has_a_row_for_each_submission(day):
    day.nbgrader("export")
    with (day.teacher / "grades.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["assignment"] == LESSON]
    assert {row["student_id"]: float(row["score"]) for row in rows} == {
        name: pytest.approx(sum(points)) for name, (_, points) in SUBMISSIONS.items()
    }
    reflection = cell(released(), "when_async_pays")["metadata"]["nbgrader"]["points"]
    assert {float(row["max_score"]) for row in rows} == {sum(worth(released()).values()) + reflection}


@pytest.mark.slow
def test_marking_again_gives_the_same_marks(day):
    before = day.marks()
    day.nbgrader("autograde", LESSON, "--force", "--student", "wrong")
    day.nbgrader("autograde", LESSON, "--force", "--student", "helper")
    assert day.marks() == before


def test_teaching_again_releases_nothing_and_keeps_all(day):
    before = day.marks()
    assert day.teach() == ""
    assert day.marks() == before


# --- files that nobody hands in by accident

TAGS = {"tags": ["skip-execution", "raises-exception"]}


def forged() -> Notebook:
    """No answer, but tags that keep the checks from running, and full marks as their outputs."""
    notebook = released()
    for each in notebook["cells"]:
        each["metadata"] |= TAGS
        if each["cell_type"] == "code":
            data = {"text/plain": "4.0"}
            each["outputs"] = [
                {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}
            ]
            each["execution_count"] = 1
    return notebook


def without_checks() -> Notebook:
    notebook = answered(released(), **RIGHT)
    notebook["cells"] = [each for each in notebook["cells"] if not grade_id(each).startswith("check_")]
    return notebook


def copied() -> Notebook:
    notebook = answered(released(), **RIGHT)
    notebook["cells"] += [cell(notebook, "check_fetch_all"), cell(released(), "fetch_first")]
    return notebook


def relabelled() -> Notebook:
    """The check of an exercise is called its answer, is worth 100, and is a text."""
    notebook = answered(released(), **RIGHT)
    check = cell(notebook, "check_fetch_all")
    check["metadata"]["nbgrader"] |= {"solution": True, "grade": False, "points": 100, "schema_version": 1}
    check["cell_type"] = "markdown"
    return notebook


def own_cells(*texts: str) -> Notebook:
    notebook = answered(released(), **RIGHT)
    for text in texts:
        notebook = with_own_cell(notebook, text, above="fetch_first")
    return notebook


def as_text(notebook: object) -> bytes:
    return json.dumps(notebook).encode()


RIGHT_TEXT = as_text(answered(released(), **RIGHT))
ONLY_THE_FIRST = (4, 0, 0)

#: What each file holds, the points that are right for it, and what its author must read.
HOSTILE = {
    "forged": (as_text(forged()), (0, 0, 0), "Not attempted"),
    "without_checks": (as_text(without_checks()), POINTS, "was missing; the released one was put back"),
    "copied": (as_text(copied()), POINTS, "was there twice"),
    "relabelled": (as_text(relabelled()), POINTS, ""),
    "spins": (as_text(own_cells("while True: pass")), POINTS, "it computed for 2 s without"),
    "sleeps": (as_text(own_cells("time.sleep(1e9)")), POINTS, "was still running after 4 s"),
    "exits": (
        as_text(own_cells("import os; os._exit(1)")),
        POINTS,
        "ended its own process with exit code 1",
    ),
    "leaves": (as_text(own_cells("exit()", "raise SystemExit")), POINTS, ""),
    "own_check": (as_text(own_cells("def check(name): return 'fine'")), POINTS, ""),
    "returns_4": (
        as_text(answered(released(), fetch_all="def fetch_all(*_): return 4.0")),
        (0, 0, 0),
        "Not yet",
    ),
    "damaged": (RIGHT_TEXT[:-100], (0, 0, 0), "is damaged, so it cannot be read as a notebook"),
    "deep": (b"[" * 200_000, (0, 0, 0), "is nested too deeply"),
    "huge": (RIGHT_TEXT + b" " * 21_000_000, (0, 0, 0), "is larger than 20 MB"),
    "picture": (b"\x89PNG\r\n\x1a\n\xff\xfe\xff", (0, 0, 0), "is not text"),
    "empty": (b"", (0, 0, 0), "is damaged"),
}


def put_into_the_exchange(room: ClassRoom, student: str, second: int) -> Path:
    """A folder in the exchange, made without nbgrader, as any learner can."""
    folder = room.inbound / f"{student}+{LESSON}+2026-11-25 00:19:{second:02} UTC+abcdefghijkl"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def hostile_day(tmp_path_factory):
    room = ClassRoom(tmp_path_factory.mktemp("hostile"))
    room.teach()
    room.submit("zoe", answered(released(), **RIGHT))  # the last one: she would be the one left out
    for second, (student, (content, _, _)) in enumerate(HOSTILE.items()):
        (put_into_the_exchange(room, student, second) / f"{LESSON}.ipynb").write_bytes(content)

    zoes = next(room.inbound.glob("zoe+*"))
    os.mkfifo(put_into_the_exchange(room, "pipe", 20) / f"{LESSON}.ipynb")
    (put_into_the_exchange(room, "link", 21) / f"{LESSON}.ipynb").symlink_to(zoes / f"{LESSON}.ipynb")
    put_into_the_exchange(room, "no_notebook", 22)
    put_into_the_exchange(room, "folder_link", 23).rmdir()
    (room.inbound / f"folder_link+{LESSON}+2026-11-25 00:19:23 UTC+abcdefghijkl").symlink_to(zoes)
    odd = put_into_the_exchange(room, "odd_files", 24)
    (odd / f"{LESSON}.ipynb").write_bytes(RIGHT_TEXT)
    os.mkfifo(odd / "timestamp.txt")
    (odd / "submission_secret.txt").symlink_to("/etc/passwd")
    (odd / "asynclab.py").write_text("def check(name): return 4.0")
    for name in (f"x+{LESSON}+no time at all", f"..+{LESSON}+2026-11-25 00:19:30 UTC"):
        (room.inbound / f"{name}+abc").mkdir()
    pattern = room.inbound / f"[a-z]*+{LESSON}+2026-11-25 00:19:31 UTC+abc"  # all the others' names fit it
    write(answered(released(), **RIGHT), pattern)
    room.log = room.nbgrader("collect", LESSON)

    # And what somebody with a shell on the teacher's machine might leave behind.
    (room.teacher / "submitted" / "student_link").symlink_to(room.teacher / "submitted" / "zoe")
    late = room.teacher / "submitted" / "second_pipe" / LESSON
    late.mkdir(parents=True)
    os.mkfifo(late / f"{LESSON}.ipynb")
    os.mkfifo(late / "timestamp.txt")

    room.log += room.nbgrader("autograde", LESSON, *LIMITS)
    room.nbgrader("generate_feedback", LESSON)
    room.nbgrader("release_feedback", LESSON)
    return room


BY_HAND = {
    "pipe": "is a named pipe",
    "link": "is a symbolic link",
    "no_notebook": "is not there",
    "folder_link": "is not there",
    "student_link": "is a symbolic link",
    "second_pipe": "is a named pipe",
}


@pytest.mark.slow
def test_a_hostile_file_gets_what_is_right_in_it_and_nobody_else_loses_a_point(hostile_day):
    expected = {student: points for student, (_, points, _) in HOSTILE.items()}
    expected |= dict.fromkeys(BY_HAND, (0, 0, 0)) | {"zoe": POINTS, "odd_files": POINTS}
    assert hostile_day.marks() == expected


@pytest.mark.slow
def test_the_author_of_a_hostile_file_reads_what_became_of_it(hostile_day):
    expected = {student: says for student, (_, _, says) in HOSTILE.items()} | BY_HAND
    said = {student: re.sub("<.*?>", "", hostile_day.feedback(student)) for student in expected}
    assert [student for student, says in expected.items() if says not in said[student]] == []


@pytest.mark.slow
def test_what_was_set_aside_is_kept_with_its_reason(hostile_day):
    kept = hostile_day.teacher / "quarantine"
    assert (next((kept / "damaged").glob(f"*/*/files/{LESSON}.ipynb"))).read_bytes() == RIGHT_TEXT[:-100]
    assert "is damaged" in next((kept / "damaged").glob("*/*/reason.txt")).read_text()


@pytest.mark.slow
def test_folders_in_the_exchange_that_name_no_student_are_said_and_left(hostile_day):
    assert set(re.findall(r"Not collected: .*/(.*?)\+", hostile_day.log)) == {"x", "[a-z]*"}
    assert not (hostile_day.teacher / LESSON).exists()


# --- a reflection, a late submission, a mark without our configuration

REFLECTION = """\
# %% [markdown]
# # One exercise and one question

# %% setup
import asyncio

from asynclab import check

# %% exercise="fetch_all"
async def fetch_all(store, keys):
    ### BEGIN SOLUTION
    return await asyncio.gather(*(store.get(key) for key in keys))
    ### END SOLUTION


# %% [markdown]
# Why is it faster?

# %% [markdown] reflection="why_together" points=5
# ### BEGIN SOLUTION
# All wait at the same time. 5 points: says that waiting is shared; 2 points: says only that it is faster.
# ### END SOLUTION
"""


@pytest.fixture
def small_course(tmp_path, monkeypatch):
    """A teacher's folder with one exercise and one reflection, both answered by ada."""
    monkeypatch.setenv("ASYNCLAB_EXCHANGE", str(tmp_path / "exchange"))
    room = ClassRoom(tmp_path)
    (tmp_path / f"{LESSON}.py").write_text(REFLECTION, encoding="utf-8")
    room.source = source_notebook(read_lesson(tmp_path / f"{LESSON}.py"), all_exercises())
    list(update(room.teacher, {LESSON: room.source}))
    handed_out = json.loads((room.teacher / "release" / LESSON / f"{LESSON}.ipynb").read_text())
    folder = room.teacher / "submitted" / "ada" / LESSON
    write(answered(handed_out, fetch_all=RIGHT["fetch_all"], why_together="They wait together."), folder)
    (folder / "timestamp.txt").write_text("2026-11-25 12:00:00 UTC")
    room.handed_out = handed_out
    return room


def reflection(room: ClassRoom, student: str = "ada") -> tuple[float | None, float | None, bool]:
    """Of a reflection: the automatic points, those by hand, and whether a person is waited for."""
    with Gradebook(f"sqlite:///{room.teacher}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("why_together", LESSON, LESSON, student)
        return grade.auto_score, grade.manual_score, grade.needs_manual_grade


def mark_by_hand(room: ClassRoom, points: float, comment: str) -> None:
    """What formgrader does when a mark and a comment are typed into it."""
    with Gradebook(f"sqlite:///{room.teacher}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("why_together", LESSON, LESSON, "ada")
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.find_comment("why_together", LESSON, LESSON, "ada").manual_comment = comment
        gradebook.db.commit()


def total(room: ClassRoom) -> tuple[float, float]:
    """What `nbgrader export` writes about ada: her points, and what being late has cost."""
    with Gradebook(f"sqlite:///{room.teacher}/gradebook.db") as gradebook:
        CsvExportPlugin(to=str(room.root / "grades.csv")).export(gradebook)
    with (room.root / "grades.csv").open(newline="") as file:
        (row,) = (row for row in csv.DictReader(file) if row["student_id"] == "ada")
    return float(row["score"]), float(row["late_submission_penalty"])


def test_a_reflection_waits_for_a_person_whose_mark_outlives_marking_again(small_course):
    write(small_course.handed_out, small_course.teacher / "submitted" / "blank" / LESSON)
    small_course.nbgrader("autograde", LESSON)
    assert reflection(small_course, "blank") == (0, None, False)
    assert reflection(small_course) == (None, None, True)
    assert total(small_course) == (4, 0)

    mark_by_hand(small_course, 3.5, "Waiting for what?")
    assert total(small_course) == (7.5, 0)
    small_course.nbgrader("generate_feedback", LESSON)
    feedback = small_course.feedback("ada")
    assert "Waiting for what?" in feedback
    assert "(Score: 7.5 / 9.0)" in feedback

    small_course.nbgrader("autograde", LESSON, "--force", "--student", "ada")
    assert reflection(small_course)[:2] == (None, 3.5)
    assert total(small_course) == (7.5, 0)


@pytest.mark.slow
def test_a_late_submission_costs_nothing_unless_the_course_says_so(small_course):
    small_course.nbgrader("db", "assignment", "add", LESSON, "--duedate=2026-11-24 11:00:00 UTC")
    small_course.nbgrader("autograde", LESSON)
    assert total(small_course) == (4, 0)

    config = small_course.teacher / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.ShareForEachDay.share = 0.1\n")
    small_course.nbgrader("autograde", LESSON, "--force")
    assert total(small_course) == (3.2, 0.8)  # 25 hours: the second day has begun


@pytest.mark.slow
def test_without_our_configuration_there_is_an_error_and_no_point(small_course):
    shutil.copy(small_course.teacher / "nbgrader_config.py", small_course.root / "ours.py")
    (small_course.teacher / "nbgrader_config.py").write_text(LEARNERS_CONFIG)
    small_course.nbgrader("autograde", LESSON)

    (output,) = cell(small_course.autograded("ada"), "check_fetch_all")["outputs"]
    assert output["ename"] == "NoMarks"
    line = f'load_subconfig("nbgrader_config.py", path={str(ROOT / "grader")!r})'
    assert output["evalue"].endswith(line)
    assert total(small_course) == (0, 0)

    (small_course.teacher / "nbgrader_config.py").write_text(f"c = get_config()\n{line}\n")  # as it says
    small_course.nbgrader("autograde", LESSON, "--force")
    assert total(small_course) == (4, 0)


# --- a new release of a lesson


def handed_in(room: ClassRoom) -> None:
    """A submission of ada's in the gradebook, with 3 points by hand."""
    with Gradebook(f"sqlite:///{room.teacher}/gradebook.db") as gradebook, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLAlchemy's, about the order in which nbgrader adds its rows
        gradebook.add_student("ada")
        gradebook.add_submission(LESSON, "ada")
    mark_by_hand(room, 3, "")


def test_a_changed_lesson_is_released_anew_and_marks_stay(small_course):
    handed_in(small_course)
    changed = small_course.source.replace("Why is it faster?", "Why is it so much faster?")

    said = list(update(small_course.teacher, {LESSON: changed}))

    assert [sentence.partition(":")[2] for sentence in said] == [
        " generated.",
        f" released to {small_course.root / 'exchange'}.",
    ]
    outbound = small_course.root / "exchange" / "async-ml" / "outbound"
    assert "so much faster" in (outbound / LESSON / f"{LESSON}.ipynb").read_text()
    assert total(small_course) == (3, 0)


def test_a_lesson_that_was_handed_in_keeps_its_exercises_and_all_its_files(small_course):
    handed_in(small_course)
    files = [small_course.teacher / step / LESSON / f"{LESSON}.ipynb" for step in ("source", "release")]
    before = [file.read_bytes() for file in files]
    without = json.loads(small_course.source)
    without["cells"].remove(cell(without, "why_together"))

    with pytest.raises(TeacherFolderError, match=r"stays as it was, .*: Cannot add or remove cells"):
        list(update(small_course.teacher, {LESSON: json.dumps(without)}))

    assert [file.read_bytes() for file in files] == before
    assert list(update(small_course.teacher, {LESSON: small_course.source})) == []
    assert total(small_course) == (3, 0)
