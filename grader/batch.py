"""Marks a whole assignment: the engine's own door, beside nbgrader's autograde.

It reads the same folders and writes the same files and rows, so formgrader, feedback and export go on from
either. Whatever one submission does, it loses its own points and the next one is marked.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat

from asynclab.cells import Json
from grader.gradebook import MarksWriter
from grader.hostile import UnreadableError, is_name, read
from grader.judge import MarkedNotebook, mark, unmarked
from grader.notebook_player import CellLimits
from grader.refusal import GradebookError
from grader.sandbox import Sandbox, SandboxError
from grader.sanitise import TIME, Submission, blank, make_fit, rebuilt
from grader.seeds import Seeds

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """What became of one submission: the points by grade id, None where a person has to give them, and
    remarks for the instructor. Without any points it could not be marked."""

    student: str
    score: float
    points: dict[str, float | None]
    remarks: tuple[str, ...]


def submitted(course: Path, assignment: str) -> list[str]:
    """The students who have handed something in, in order; what only looks like a student is none."""
    folder = course / "submitted"
    found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return [name for name in found if is_name(name) and os.path.lexists(folder / name / assignment)]


def is_marked(course: Path, assignment: str, student: str) -> bool:
    """Whether what lies in submitted/ is what was marked last; without times nobody knows."""
    times = [_time(course / step / student / assignment / TIME) for step in ("submitted", "autograded")]
    return (course / "autograded" / student / assignment).is_dir() and times[0] == times[1]


def grade(
    course: Path,
    assignment: str,
    students: Sequence[str],
    sandbox: Sandbox,
    writer: MarksWriter,
    limits: CellLimits = CellLimits(),  # noqa: B008
) -> Iterator[Result]:
    """Mark what these students have handed in, one after the other."""
    for student in students:
        try:
            yield _grade_one(Submission(course, student, assignment), sandbox, writer, limits)
        except (GradebookError, OSError) as error:
            _log.exception("%s: not marked", student)
            yield Result(student, 0.0, {}, (f"NOT MARKED: {error}",))


def _grade_one(submission: Submission, sandbox: Sandbox, writer: MarksWriter, limits: CellLimits) -> Result:
    make_fit(submission)
    marked = {
        name: _marked(submission, name, released, sandbox, limits)
        for name, released in submission.released.items()
    }
    points = {name: one.points for notebook in marked.values() for name, one in notebook.marks.items()}
    remarks = [remark for notebook in marked.values() for remark in notebook.remarks]
    with _new_files(submission, marked):
        score = writer.write(
            submission.assignment,
            submission.student,
            _time(submission.folder / TIME) or None,
            {Path(name).stem: (one.notebook, one.marks) for name, one in marked.items()},
        )
    return Result(submission.student, score, points, tuple(remarks))


def _marked(
    submission: Submission, name: str, released: Json, sandbox: Sandbox, limits: CellLimits
) -> MarkedNotebook:
    """A failure of ours gives no marks; it is no submission's end."""
    try:
        notebook = rebuilt(submission.folder / name, released)
    except UnreadableError as error:
        notebook = blank(released, f"`{name}` {error}")
    seeds = Seeds(submission.course, submission.assignment, submission.student)
    try:
        return mark(notebook, sandbox, seeds.of(Path(name).stem, notebook), limits)
    except (SandboxError, OSError, ValueError) as error:
        _log.exception("%s, %s: no marks", submission.student, name)
        return unmarked(notebook, f"the grader failed ({type(error).__name__}: {error})")


@contextmanager
def _new_files(submission: Submission, marked: Mapping[str, MarkedNotebook]) -> Iterator[None]:
    """Make the files of autograded/; they take the place of older ones if nothing is raised in the block."""
    target = submission.course / "autograded" / submission.student / submission.assignment
    new, old = (target.with_name(f".{target.name}.{word}") for word in ("new", "old"))
    for folder in (new, old):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(submission.folder, new, ignore=shutil.ignore_patterns("*.ipynb"))
    for name, one in marked.items():
        node = nbformat.from_dict(one.notebook)  # type: ignore[no-untyped-call]
        (new / name).write_text(nbformat.writes(node) + "\n", encoding="utf-8")  # type: ignore[no-untyped-call]
    for path in new.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
    try:
        yield
    except BaseException:
        shutil.rmtree(new)
        raise
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _time(path: Path) -> str:
    try:
        return read(path, 1_000).decode("ascii", errors="replace").strip()
    except UnreadableError:
        return ""
