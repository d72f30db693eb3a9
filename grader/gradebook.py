"""Marks as rows of nbgrader's gradebook, written as nbgrader's own autograde writes them.

Formgrader, feedback, export and late penalties read these rows. What a person has given is never touched.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import nbformat
from nbformat.v4.rwbase import rejoin_lines
from nbgrader.api import Gradebook, InvalidEntry, MissingEntry
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution
from sqlalchemy.exc import SAWarning, SQLAlchemyError
from traitlets.config import Config

from asynclab.cells import Json
from grader.judge import Mark
from grader.refusal import GradebookError

#: What nbgrader writes below an answer that nobody has given.
NO_RESPONSE = "No response."


class UnknownAssignmentError(LookupError):
    """The gradebook does not know what was handed in."""


class MarksWriter:
    """One session of the gradebook, and the only one that writes while it is open."""

    def __init__(self, db_url: str, course_id: str, config: Config) -> None:
        """
        Raises: GradebookError: if it cannot be opened.
        """
        try:
            self._gradebook = Gradebook(db_url, course_id)
        except SQLAlchemyError as error:
            raise GradebookError(f"the gradebook {db_url} cannot be opened: {_reason(error)}") from error
        self._late = AssignLatePenalties(config=config)
        self._late.init_plugin()

    def write(
        self,
        assignment: str,
        student: str,
        timestamp: str | None,
        notebooks: Mapping[str, tuple[Json, Mapping[str, Mark]]],
    ) -> float:
        """Write one submission: its notebooks with their marks by grade id. Returns its score, less what was
        taken for being late.

        Raises: UnknownAssignmentError, GradebookError
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SAWarning)  # about the order in which nbgrader adds rows
                return self._write(assignment, student, timestamp, notebooks)
        except (SQLAlchemyError, InvalidEntry) as error:
            self._gradebook.db.rollback()
            raise GradebookError(f"the gradebook refuses it: {_reason(error)}") from error

    def _write(
        self,
        assignment: str,
        student: str,
        timestamp: str | None,
        notebooks: Mapping[str, tuple[Json, Mapping[str, Mark]]],
    ) -> float:
        try:
            self._gradebook.find_assignment(assignment)
        except MissingEntry:
            raise UnknownAssignmentError(f"the gradebook knows no assignment {assignment!r}") from None
        self._gradebook.update_or_create_student(student)
        when = {"timestamp": timestamp} if timestamp else {}
        submission = self._gradebook.update_or_create_submission(assignment, student, **when)
        for entry in submission.notebooks:
            if entry.name in notebooks:
                _fill_in(entry, *notebooks[entry.name])
        self._gradebook.db.commit()
        for entry in submission.notebooks:
            entry.late_submission_penalty = self._penalty(student, submission, entry)
        self._gradebook.db.commit()
        self._gradebook.db.refresh(submission)
        return float(submission.score - submission.late_submission_penalty)

    def _penalty(self, student: str, submission: Any, entry: Any) -> float | None:
        late = submission.total_seconds_late
        if not late > 0:
            return None
        penalty = self._late.plugin_inst.late_submission_penalty(student, entry.score, late)
        return None if penalty is None else min(max(float(penalty), 0.0), float(entry.score))

    def close(self) -> None:
        self._gradebook.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def _reason(error: Exception) -> str:
    """What the database itself says, without the statement."""
    return str(getattr(error, "orig", None) or error)


def _fill_in(entry: Any, notebook: Json, marks: Mapping[str, Mark]) -> None:
    by_name = {}
    for cell in _as_nbgrader_reads_it(notebook).cells:
        if is_grade(cell) or is_solution(cell):
            by_name[cell.metadata.nbgrader.grade_id] = cell
    for grade in entry.grades:
        if grade.cell.name in by_name:
            put_mark(grade, by_name[grade.cell.name], marks.get(grade.cell.name))
    for comment in entry.comments:
        if comment.cell.name in by_name:
            cell = by_name[comment.cell.name]
            unchanged = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
            comment.auto_comment = NO_RESPONSE if unchanged else None


def _as_nbgrader_reads_it(notebook: Json) -> Any:
    return rejoin_lines(nbformat.from_dict(copy.deepcopy(notebook)))  # type: ignore[no-untyped-call]


def put_mark(grade: Any, cell: Any, mark: Mark | None) -> None:
    """Write a mark into the row of its cell. Without one a person has to give it; a written answer that was
    left blank has 0."""
    if mark is not None:
        grade.auto_score = mark.points
    else:
        grade.auto_score = determine_grade(cell)[0] if is_solution(cell) else None
    grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
