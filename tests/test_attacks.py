"""Every attack on the marks, in one batch, through both doors: each gets what it must, nobody else less."""

import hashlib
import html
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import not_run
from nbgrader.api import Gradebook

from asynclab.exercise import all_exercises
from grader.attack import EXERCISES, LESSON, Attack, AttackError, attacks
from grader.attack_run import LIMITS, honest, lesson, shown
from grader.notebook import source_notebook
from grader.refusal import SandboxRefused
from grader.repository import Repository
from grader.runtime import make_runtime
from grader.teacher_folder import update
from tests.submissions import ROOT, write

ATTACKS = attacks(Repository().attacks)

#: Somebody who attacks nothing, at the beginning of the batch, in its middle and at its end.
HONEST = ("a_honest", "m_honest", "zz_honest")

CONFIG = f"""
c.MarksFromTheJudge.cell_cpu_seconds = {LIMITS.cpu}
c.MarksFromTheJudge.cell_seconds = {LIMITS.wall}
c.MarksFromTheJudge.notebook_seconds = {LIMITS.notebook}
"""

#: The whole batch is marked in the set-up of the first test; nbgrader takes a second and a half for each.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_200)]

UNPICKLED = Path("/tmp/asynclab-was-unpickled")


class Course:
    """A teacher's folder with all attacks in submitted/, and what came of them."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "teacher"
        about = lesson(Repository())
        list(update(self.folder, {LESSON: source_notebook(about, all_exercises())}))
        config = self.folder / "nbgrader_config.py"
        config.write_text(config.read_text(encoding="utf-8") + CONFIG, encoding="utf-8")
        released = json.loads((self.folder / "release" / LESSON / f"{LESSON}.ipynb").read_bytes())
        for name in HONEST:
            write(honest(released, about, EXERCISES), self.folder / "submitted" / name / LESSON)
        for attack in ATTACKS:
            attack.hand_in(honest(released, about), self.folder)
        self.ours = dict(self._ours())
        self.log = ""
        self.attacks = ATTACKS

    def run(self, *command: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=900,
        )
        self.log += done.stdout
        assert done.returncode == 0, done.stdout

    def _ours(self) -> Iterator[tuple[str, str]]:
        """What no attack may change: the releases, the solutions, and the work of somebody else."""
        for folder in ("source", "release", *(f"submitted/{name}" for name in HONEST)):
            for path in sorted((self.folder / folder).rglob("*.ipynb")):
                yield str(path), hashlib.sha256(path.read_bytes()).hexdigest()

    def unchanged(self) -> bool:
        return dict(self._ours()) == self.ours

    def points(self) -> dict[str, tuple[float | None, ...]]:
        """The points of each student for each exercise; None where a person has to give them."""
        with Gradebook(f"sqlite:///{self.folder}/gradebook.db") as gradebook:
            return {
                submission.student_id: tuple(
                    gradebook.find_grade(f"check_{name}", LESSON, LESSON, submission.student_id).score
                    if submission.notebooks[0].grades
                    else None
                    for name in EXERCISES
                )
                for submission in gradebook.assignment_submissions(LESSON)
            }

    def page(self, student: str) -> str:
        path = self.folder / "feedback" / student / LESSON / f"{LESSON}.html"
        return path.read_text(encoding="utf-8")

    def autograded(self, student: str) -> str:
        """All that the autograded notebook shows, as one text."""
        path = self.folder / "autograded" / student / LESSON / f"{LESSON}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        return "\n".join(shown(notebook))


@pytest.fixture(scope="module")
def runtime(bubblewrap):
    try:
        make_runtime(say=lambda text: None)
    except SandboxRefused as refused:
        not_run(str(refused))


@pytest.fixture(scope="module")
def course(runtime, request, tmp_path_factory, monkeypatch_module):
    UNPICKLED.unlink(missing_ok=True)
    made = Course(tmp_path_factory.mktemp("attacked"))
    if request.param == "nbgrader":
        made.attacks = [attack for attack in ATTACKS if not attack.passed_over]
        made.run("nbgrader", "autograde", LESSON)
    else:
        made.run("grader", "grade", LESSON, "--folder", str(made.folder))
    return made


@pytest.fixture(scope="module")
def monkeypatch_module(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASYNCLAB_EXCHANGE", str(tmp_path_factory.mktemp("exchange")))
        patch.setenv("PYTHONPATH", f"{ROOT / 'src'}:{ROOT}")
        yield patch


both_doors = pytest.mark.parametrize("course", ["engine", "nbgrader"], indirect=True, scope="module")


@both_doors
def test_each_attack_gets_what_it_must_and_nobody_else_less(course):
    expected = {attack.student: attack.points for attack in course.attacks}
    worth = all_exercises()
    expected |= dict.fromkeys(HONEST, tuple(worth[name].points for name in EXERCISES))
    assert course.points() == expected


@both_doors
def test_its_author_reads_what_came_of_it(course):
    shown = {attack.name: course.autograded(attack.student) for attack in course.attacks}
    assert _unsaid(shown) == []


@both_doors
def test_the_instructor_reads_what_is_worth_knowing(course):
    lines = course.log.splitlines()
    missing = [
        (attack.name, remark)
        for attack in course.attacks
        for remark in attack.remarks
        if not any(line.find(attack.student) >= 0 and remark in line for line in lines)
    ]
    assert missing == []


@both_doors
def test_the_log_holds_nothing_that_a_terminal_obeys(course):
    assert [line for line in course.log.splitlines() if "\x1b" in line or "\x07" in line] == []


@both_doors
def test_nothing_of_ours_was_touched(course):
    assert course.unchanged()
    assert not UNPICKLED.exists()


@both_doors
def test_the_feedback_of_every_attack_can_be_made_says_why_and_holds_nothing_that_runs(course):
    course.run("nbgrader", "generate_feedback", LESSON)
    pages = {attack.name: course.page(attack.student) for attack in course.attacks}
    assert _unsaid({name: html.unescape(re.sub("<.*?>", "", page)) for name, page in pages.items()}) == []
    template = set(_dangers(course.page(HONEST[0])))
    found = {name: sorted(set(_dangers(page)) - template) for name, page in pages.items()}
    assert {name: dangers for name, dangers in found.items() if dangers} == {}


def _unsaid(texts: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (each.name, says)
        for each in ATTACKS
        if each.name in texts
        for says in each.says
        if _words(says) not in _words(texts[each.name])
    ]


def _words(text: str) -> str:
    """The text without what looks otherwise on a page."""
    return " ".join(re.sub("[`:]", " ", text).split())


class _Dangers(HTMLParser):
    """Finds what of a page a browser would run, load, or send."""

    TAGS = frozenset(["base", "button", "embed", "foreignobject", "form", "frame", "iframe", "input", "link"])
    RUN = frozenset(["meta", "object", "script", "style"])

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag in self.TAGS | self.RUN:
            self.found.append(f"<{tag} {dict(attributes)}>")
        for name, value in attributes:
            text = "".join((value or "").split()).lower()
            if name.startswith("on") or name == "srcdoc" or "javascript:" in text or "//evil" in text:
                self.found.append(f"<{tag} {name}={value!r}>")

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style"):
            self.found.append(f"{self._inside}: {data}")
            self._inside = ""


def _dangers(page: str) -> list[str]:
    parser = _Dangers()
    parser.feed(page)
    return parser.found


# -- the corpus itself


def test_there_are_enough_of_them_and_each_names_files_that_are_there():
    assert len(ATTACKS) >= 60
    root = Repository().root
    missing = [
        (each.name, name) for each in ATTACKS for name in each.answered_by if not (root / name).is_file()
    ]
    assert missing == []


def test_each_is_somebody_else_and_has_points_for_each_exercise():
    students = sorted([*HONEST, *(attack.student for attack in ATTACKS)])
    first, middle, last = map(students.index, HONEST)
    assert first < 5
    assert 30 < middle < len(students) - 30
    assert last == len(students) - 1
    assert len(set(students)) == len(students)
    assert {len(attack.points) for attack in ATTACKS} == {len(EXERCISES)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# tries: x\n# says: y\n# answered by: z\n", "a line `# points: ...` is missing"),
        ("# trys: x\n", "'# trys: x' is nothing that is known of an attack"),
        ("# tries: x\n# points: 0\n# says: y\n# answered by: z\n\n# %% answer fetch_none\n", "is no part"),
    ],
)
def test_a_file_that_is_no_attack_says_what_it_lacks(tmp_path, text, says):
    (tmp_path / "odd.py").write_text(text)
    with pytest.raises(AttackError, match=re.escape(says)):
        Attack.read(tmp_path / "odd.py")
