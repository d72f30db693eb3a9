"""Where nbgrader's autograde gets its marks from: in place of its step that executes a notebook.

Marks are what `check` says in the learner's own process. Whoever runs there can say anything, so these marks
are no proof, and each verdict says so. When a judge elsewhere gives the marks, only this file changes.
"""

import math
import re
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Integer

from grader.kernel import STOPPED, Limits, Run, error_output, run

ENVIRONMENT = {
    "ASYNCLAB_MARKS": "in the learner's process",  # `check` gives no marks under nbgrader without it
    "PYTHONHASHSEED": "0",  # an answer that depends on the order of a set gets the same mark again
}

NO_PROOF = "These points were computed in the learner's own process. They are not proof against forgery."

NO_MARK = "NoMark"

_CHECK = re.compile(r'check\("\w+"\)')


class MarksInTheKernel(NbGraderPreprocessor):  # type: ignore[misc]
    """Runs what counts for marks: set-up cells, the learner's own cells, answers and checks, in that order.

    Demonstrations, predictions and pictures of the lesson are left out.
    """

    cell_seconds = Integer(30, help="Seconds after which a cell is stopped, with its kernel.").tag(
        config=True
    )
    notebook_seconds = Integer(300, help="Seconds after which no more cells are run.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        runs = {
            index: Run(code(cell), final=is_check(cell))
            for index, cell in enumerate(nb.cells)
            if counts(cell)
        }
        limits = Limits(self.cell_seconds, self.notebook_seconds)
        run(list(runs.values()), limits, first="import asynclab.show", env=ENVIRONMENT)
        for index, done in runs.items():
            cell = nb.cells[index]
            points = float(cell.metadata.nbgrader.points) if is_check(cell) else 0.0
            outputs = settled(done.outputs, points) if is_check(cell) else done.outputs
            cell.outputs = [nbformat.from_dict(output) for output in outputs]  # type: ignore[no-untyped-call]
            self._say_what_stopped(resources, index, cell)
        return nb, resources

    def _say_what_stopped(self, resources: Any, index: int, cell: NotebookNode) -> None:
        for output in cell.outputs:
            if output.output_type == "error" and output.ename in (STOPPED, NO_MARK):
                student = resources["nbgrader"]["student"]
                self.log.warning("%s, cell %s (%s): %s", student, index + 1, cell.id, output.evalue)


def counts(cell: NotebookNode) -> bool:
    """Whether the cell runs for marks. Its metadata is the release's, so it can be believed."""
    if cell.cell_type != "code" or not cell.source.strip():
        return False
    ours = cell.metadata.get("asynclab", {})
    return "nbgrader" in cell.metadata or ours.get("kind") in ("setup", "own")


def is_check(cell: NotebookNode) -> bool:
    """Whether the cell is one of the course's. A teacher's own test cells are left to nbgrader's rules."""
    marks = cell.metadata.get("nbgrader", {})
    locked = bool(marks.get("grade")) and not marks.get("solution")
    return locked and _CHECK.fullmatch(cell.source.strip()) is not None


def code(cell: NotebookNode) -> str:
    """What is run for the cell: in a check our own `check`, although the learner may have named theirs so."""
    return f'__import__("asynclab").{cell.source.strip()}' if is_check(cell) else str(cell.source)


def settled(outputs: list[Any], points: float) -> list[Any]:
    """The outputs of a check as nbgrader's `determine_grade` needs them.

    It gives 0 for any stderr, and full marks for a missing result or one that is no number.
    """
    shown = [_readable(output) for output in outputs if output["output_type"] != "execute_result"]
    results = [output for output in outputs if output["output_type"] == "execute_result"]
    failed = any(output["output_type"] == "error" for output in shown)
    marks = results if len(results) == 1 and _is_mark(results[0], points) and not failed else []
    if not marks and not failed:
        shown.append(error_output(NO_MARK, "The check gave no points, so there is no mark to take."))
    return [_no_proof(), *shown, *marks]


def _readable(output: Any) -> Any:
    """The same output, where stderr is a text like any other."""
    if output["output_type"] != "stream" or output["name"] != "stderr":
        return output
    return {**output, "name": "stdout", "text": f"stderr: {output['text']}"}


def _is_mark(result: Any, points: float) -> bool:
    try:
        mark = float(result["data"]["text/plain"])
    except (KeyError, TypeError, ValueError):
        return False
    return math.isfinite(mark) and 0 <= mark <= points


def _no_proof() -> Any:
    data = {"text/html": f"<p><em>{NO_PROOF}</em></p>", "text/plain": NO_PROOF}
    return {"output_type": "display_data", "data": data, "metadata": {}}
