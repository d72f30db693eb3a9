"""Tries one attack, as both doors would mark it, for whoever writes one."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from asynclab import cells
from asynclab.cells import Json
from asynclab.exercise import all_exercises
from grader.attack import EXERCISES, LESSON, Attack, find
from grader.judge import mark
from grader.lesson import Lesson
from grader.notebook import source_notebook
from grader.notebook_player import CellLimits
from grader.percent import read_lesson
from grader.release import release
from grader.repository import Repository
from grader.sandbox import Sandbox
from grader.sanitise import Submission, make_fit, rebuilt

#: The attacks that hang are many, and no honest cell needs a hundredth of these.
LIMITS = CellLimits(cpu=1.0, wall=2.0, notebook=10.0)

#: The exercise that is answered well where an attack changes nothing.
HONEST = "fetch_first"


@dataclass(frozen=True)
class Outcome:
    """The points for each exercise, and all that is said, to its author and to the instructor."""

    points: tuple[float | None, ...]
    text: str

    def differences(self, attack: Attack) -> list[str]:
        """What is not as the attack says that it must be."""
        found = [] if self.points == attack.points else [f"it gets {self.points}, not {attack.points}"]
        return found + [f"nobody reads {says!r}" for says in attack.says if says not in self.text]


def lesson(repository: Repository) -> Lesson:
    """The three exercises that attacks are about."""
    return read_lesson(repository.attacks / "lesson" / f"{LESSON}.py")


def released(lesson: Lesson) -> Json:
    """The notebook that is handed out."""
    notebook: Json = json.loads(release({LESSON: source_notebook(lesson, all_exercises())})[LESSON])
    return notebook


def honest(released: Json, lesson: Lesson, names: Collection[str] = (HONEST,)) -> Json:
    """The notebook with the lesson's own answers to these exercises."""
    notebook = copy.deepcopy(released)
    for name, answer in lesson.answers().items():
        if name in names:
            find(notebook, name)["source"] = answer.solved()
    return notebook


def attempt(attack: Attack, released: Json, honest: Json, sandbox: Sandbox) -> Outcome:
    """Hand it in and mark it, in a folder that nobody needs."""
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        file = course / "release" / LESSON / f"{LESSON}.ipynb"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(released), encoding="utf-8")
        attack.hand_in(honest, course)
        submission = Submission(course, attack.student, LESSON)
        make_fit(submission)
        notebook = rebuilt(submission.folder / f"{LESSON}.ipynb", released)
    marked = mark(notebook, sandbox, seed=0, limits=LIMITS)
    points = tuple(marked.marks[f"check_{name}"].points for name in EXERCISES)
    return Outcome(points, "\n".join([*shown(marked.notebook), *marked.remarks]))


def shown(notebook: Json) -> Iterator[str]:
    """The texts of a marked notebook: what its text cells say, and what its code cells show."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            yield cells.source(cell)
        for output in cell.get("outputs", []):
            for text in (output.get("text", ""), output.get("data", {}).get("text/plain", "")):
                yield "".join(text)
            if output["output_type"] == "error":
                yield f"{output['ename']}: {output['evalue']}"
