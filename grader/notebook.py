"""A lesson as a notebook: the author's, with answers and nbgrader's metadata; and the solved one."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from asynclab.exercise import Exercise
from asynclab.workspace import FIGURE
from grader.lesson import Cell, Lesson, SourceError

Json = dict[str, Any]

_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def source_notebook(lesson: Lesson, exercises: Mapping[str, Exercise]) -> str:
    """The file that nbgrader's generate_assignment makes the learner's notebook from.

    Raises: SourceError: if an answer or a placeholder names no exercise.
    """
    return _notebook(lesson, exercises, lambda cell: cell.body)


def solved_notebook(lesson: Lesson, exercises: Mapping[str, Exercise]) -> str:
    """The same cells with the answers in place and no trace of the marks around them."""
    return _notebook(lesson, exercises, Cell.solved)


def _notebook(lesson: Lesson, exercises: Mapping[str, Exercise], body: Callable[[Cell], str]) -> str:
    cells = list(_cells(lesson.expanded(exercises), exercises, body))
    notebook = {"cells": cells, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _cells(lesson: Lesson, exercises: Mapping[str, Exercise], body: Callable[[Cell], str]) -> Iterator[Json]:
    seen: Counter[str] = Counter()
    for cell in lesson.cells:
        yield _cell("code" if cell.is_code else "markdown", _id(cell, seen), body(cell), _metadata(cell))
        if cell.kind == "answer":
            if cell.name not in exercises:
                raise SourceError(
                    f"{lesson.path}:{cell.line}: {cell.name!r} is no exercise of asynclab.exercises."
                )
            yield _check_cell(exercises[cell.name])


def _cell(cell_type: str, id: str, body: str, metadata: Json) -> Json:
    cell = {"cell_type": cell_type, "id": id, "metadata": metadata, "source": body.splitlines(keepends=True)}
    return {**cell, "execution_count": None, "outputs": []} if cell_type == "code" else cell


def _check_cell(exercise: Exercise) -> Json:
    name = f"check_{exercise.name}"
    metadata = {"nbgrader": _nbgrader(name, grade=True, locked=True, points=exercise.points)}
    return _cell("code", name, f'check("{exercise.name}")', metadata)


def _metadata(cell: Cell) -> Json:
    ours: Json = {"kind": cell.kind} if cell.kind in ("setup", "demo") else {}
    if cell.sources:
        ours["source"] = list(cell.sources)
    metadata: Json = {"asynclab": ours} if ours else {}
    if cell.is_figure:
        metadata["tags"] = [FIGURE]
    if cell.kind == "answer":
        metadata["nbgrader"] = _nbgrader(cell.name, solution=True)
    if cell.kind == "reflection":
        metadata["nbgrader"] = _nbgrader(cell.name, grade=True, solution=True, points=cell.points)
    return metadata


def _nbgrader(
    grade_id: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: float | None = None,
) -> Json:
    metadata = {
        "grade": grade,
        "grade_id": grade_id,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return metadata if points is None else {**metadata, "points": points}


def _id(cell: Cell, seen: Counter[str]) -> str:
    """The grade id; for other cells a hash of the content, so that a new cell renames none of the rest."""
    if cell.name:
        return cell.name
    content = hashlib.sha256(f"{cell.kind}\n{cell.body}".encode()).hexdigest()[:12]
    seen[content] += 1
    return content if seen[content] == 1 else f"{content}-{seen[content]}"
