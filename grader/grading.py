"""The command ``python -m grader grade``: what it marks, its progress bar, and the table at its end."""

from __future__ import annotations

import difflib
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from nbgrader.coursedir import CourseDirectory
from tqdm import tqdm
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader
from traitlets.log import get_logger

from grader.batch import Result, grade, is_marked, submitted
from grader.gradebook import MarksWriter
from grader.notebook_player import CellLimits
from grader.preprocessor import MarksFromTheJudge
from grader.report import table
from grader.repository import UsageError
from grader.selftest import proven_sandbox


@dataclass(frozen=True)
class Course:
    """A teacher's folder with its configuration, which is nbgrader's."""

    folder: Path
    config: Config

    @classmethod
    def read(cls, folder: Path) -> Self:
        """
        Raises: UsageError
        """
        if not (folder / "nbgrader_config.py").is_file():
            raise UsageError(
                f"{folder} is no teacher's folder: it has no nbgrader_config.py. "
                "`make lab-teacher` makes one; --folder names another one."
            )
        config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
        config.CourseDirectory.root = str(folder)
        return cls(folder, config)

    def to_mark(self, assignment: str, students: Sequence[str] | None, *, force: bool) -> list[str]:
        """The students whose submissions are to be marked now.

        Raises: UsageError: for an assignment that was never released, and a student who handed in nothing.
        """
        released = sorted(path.name for path in (self.folder / "release").glob("[!.]*") if path.is_dir())
        if assignment not in released:
            raise UsageError(
                f"there is no released assignment {assignment!r}.{_did_you_mean(assignment, released)}"
            )
        there = submitted(self.folder, assignment)
        for student in students or ():
            if student not in there:
                raise UsageError(
                    f"{student!r} has handed in nothing for {assignment}.{_did_you_mean(student, there)}"
                )
        chosen = [student for student in there if students is None or student in students]
        return [each for each in chosen if force or not is_marked(self.folder, assignment, each)]

    def writer(self) -> MarksWriter:
        directory = CourseDirectory(config=self.config)
        return MarksWriter(directory.db_url, directory.course_id, self.config)

    def limits(self) -> CellLimits:
        limits: CellLimits = MarksFromTheJudge(config=self.config).limits
        return limits


def _did_you_mean(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, n=3) or names[:5]
    return f" Did you mean {' or '.join(near)}?" if near else ""


def run(course: Course, assignment: str, students: Sequence[str], *, paranoid: bool) -> list[Result]:
    """Mark them, with a progress bar. Ctrl-C ends it after what has its marks.

    Raises: SandboxRefused: before anything is marked.
    """
    results: list[Result] = []
    with (
        proven_sandbox(paranoid=paranoid) as sandbox,
        course.writer() as writer,
        tqdm(total=len(students), unit="submission", file=sys.stderr) as bar,
        _logged_above(bar),
    ):
        try:
            for result in grade(course.folder, assignment, students, sandbox, writer, course.limits()):
                results.append(result)
                for remark in result.remarks:
                    bar.write(f"{result.student}: {remark}", file=sys.stderr)
                bar.update()
        except KeyboardInterrupt:
            bar.write("Interrupted.", file=sys.stderr)
    return results


@contextmanager
def _logged_above(bar: tqdm[None]) -> Iterator[None]:
    """What is said of files that were set aside, which nbgrader's own log would show."""

    class Above(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            try:
                bar.write(self.format(record), file=sys.stderr)
            except Exception:
                self.handleError(record)

    log: Any = get_logger()
    handler = Above()
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


def print_summary(results: Sequence[Result]) -> None:
    """A line for each submission: its points for each check, and in all, less what lateness cost."""
    names = list(dict.fromkeys(name for result in results for name in result.points))
    rows = [["student", *(name.removeprefix("check_") for name in names), "score"]]
    for result in results:
        points = ("?" if (mark := result.points.get(name)) is None else f"{mark:g}" for name in names)
        rows.append([result.student, *points, f"{result.score:g}"])
    print(table(rows))
    if any(points is None for result in results for points in result.points.values()):
        print("?: no mark yet; a person has to give it, in formgrader. The reasons are above.")
