"""The lessons with their answers in place, executed by a real kernel as a learner's Run All would."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from asynclab.exercise import Exercise
from grader.lesson import Lesson
from grader.notebook import solved_notebook

CELL_TIMEOUT = 120  # seconds of real time; a whole notebook is meant to take at most 60


class CellError(Exception):
    """A cell of a solved notebook raised, or its check gave less than full marks."""


def solve(lesson: Lesson, exercises: Mapping[str, Exercise]) -> str:
    """The executed notebook, as the text of its file.

    Raises: CellError: naming the cell and its error.
    """
    notebook: Any = nbformat.reads(solved_notebook(lesson, exercises), as_version=4)  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory() as folder:
        _execute(notebook, Path(folder))
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
            _require_full_marks(cell)
            cell.outputs = [output for output in cell.outputs if output.output_type != "execute_result"]
    return str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]


def _execute(notebook: Any, folder: Path) -> None:
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},  # where it runs, so that it leaves no files here
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # else it warns of its own TCP port
    )
    try:
        # as nbgrader's Validate does: only then is the value of a check written below its cell
        client.execute(env={**os.environ, "NBGRADER_EXECUTION": "validate"})
    except CellExecutionError as error:
        raise CellError(f"{_last_begun(notebook)}: {error.ename}: {error.evalue}") from error
    except (CellTimeoutError, DeadKernelError) as error:
        raise CellError(f"{_last_begun(notebook)}: {error}") from error


def _require_full_marks(cell: Any) -> None:
    points = cell.metadata.nbgrader.points
    values = [output.data["text/plain"] for output in cell.outputs if output.output_type == "execute_result"]
    if [float(value) for value in values] != [float(points)]:
        raise CellError(f"{_name(cell)}: its value is {values}, not the {points:g} points.")


def _last_begun(notebook: Any) -> str:
    begun = [cell for cell in notebook.cells if "execution" in cell.metadata]
    return _name(begun[-1] if begun else notebook.cells[0])


def _name(cell: Any) -> str:
    return f"cell {cell.id} (`{cell.source.strip().splitlines()[0]}`)"
