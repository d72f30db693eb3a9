"""The marks of one submitted notebook, by a process that never runs a learner's line.

For each check, in the order of the notebook, a new worker in the sandbox runs the cells above it; then the
exercise is examined here, against worlds that live here. What the worker says is taken for hostile. An error
of our own gives no mark, which is something else than no points.
"""

from __future__ import annotations

import copy
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from asynclab import cells
from asynclab.cells import Json
from asynclab.exercise import all_exercises, examine
from asynclab.runner import Limits
from asynclab.verdict import Verdict
from asynclab.verdict_html import verdict_html
from asynclab.world import World
from grader.cell_run import Output
from grader.marked_cells import exercise_of, gives_points, points_of, runs
from grader.notebook_player import CellLimits, NotebookPlayer, NotebookRun
from grader.sandbox import Sandbox, SandboxError, Submission

NO_MARK = "There is no mark yet"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mark:
    """The points of one cell; None when a person has to give them, and then `reason` says why."""

    points: float | None
    reason: str = ""
    verdict: Verdict | None = None


@dataclass(frozen=True)
class MarkedNotebook:
    """The notebook with what its cells showed and the verdicts; the marks by grade id; what an instructor
    may want to know of it, as sentences."""

    notebook: Json
    marks: Mapping[str, Mark]
    remarks: tuple[str, ...]


def mark(notebook: Json, sandbox: Sandbox, seed: int, limits: CellLimits = CellLimits()) -> MarkedNotebook:  # noqa: B008
    """Mark a notebook that was rebuilt from the release. The same seed gives the same marks, to the byte.

    Raises: SandboxError: if there is no sandbox to run it in.
    """
    places = dict(enumerate(notebook["cells"]))
    run = NotebookRun({place: cells.source(cell) for place, cell in places.items() if runs(cell)}, limits)
    marks: dict[int, Mark] = {}
    with sandbox.submission() as submission:
        for place, cell in places.items():
            if gives_points(cell):
                marks[place] = _mark_of(notebook["cells"], place, submission, run, seed)
        _run_the_rest(submission, run, seed)
    return MarkedNotebook(
        _with_outputs(notebook, run, marks),
        {cells.grade_id(places[place]): one for place, one in marks.items()},
        tuple(_remarks(places, run, marks)),
    )


def unmarked(notebook: Json, reason: str) -> MarkedNotebook:
    """The notebook without marks: a person has to give them."""
    marks = {place: Mark(None, reason) for place, cell in enumerate(notebook["cells"]) if gives_points(cell)}
    by_name = {cells.grade_id(notebook["cells"][place]): one for place, one in marks.items()}
    return MarkedNotebook(_with_outputs(notebook, NotebookRun({}, CellLimits()), marks), by_name, (reason,))


def _mark_of(all_cells: list[Json], place: int, submission: Submission, run: NotebookRun, seed: int) -> Mark:
    """Whatever happens, this returns a mark."""
    cell = all_cells[place]
    exercise = all_exercises().get(exercise_of(cell))
    if exercise is None:
        return Mark(
            None,
            "this cell is no check of the course, and what a learner's code says of itself proves nothing",
        )
    try:
        limits = Limits.of_cpu(exercise.budget)
        workers_seed = _workers_seed(seed, exercise.name)
        with NotebookPlayer(submission, run, place, workers_seed, limits=limits) as player:
            verdict = examine(exercise, {}, seed=seed, player=player)
    except Exception as error:
        _log.exception("The check of %s failed; it has no mark.", exercise.name)
        return Mark(None, f"the grader failed ({type(error).__name__}: {error})")
    verdict = _with_its_cell(verdict, all_cells, run)
    return Mark(_scaled(verdict, points_of(cell)), verdict=verdict)


def _scaled(verdict: Verdict, worth: float) -> float:
    """A teacher may have changed what the check is worth."""
    return round(verdict.score * worth / verdict.points, 2)


def _with_its_cell(verdict: Verdict, all_cells: list[Json], run: NotebookRun) -> Verdict:
    """A function that is not there says so: but if its cell failed, then that is why."""
    if verdict.verdict != "not_attempted":
        return verdict
    for place, cell in enumerate(all_cells):
        if cells.is_answer(cell) and cells.grade_id(cell) == verdict.exercise:
            if place in run.stopped:
                return replace(verdict, verdict="stopped", cause=run.stopped[place], record=None)
            if place in run.errors:
                return replace(verdict, verdict="not_yet", cause=f"Its cell raised {run.errors[place]}.")
    return verdict


def _run_the_rest(submission: Submission, run: NotebookRun, seed: int) -> None:
    """The learner's own cells below the last check give no points, but are to show what they show."""
    if all(place in run.outputs for place in run.sources):
        return
    try:
        with NotebookPlayer(submission, run, max(run.sources) + 1, _workers_seed(seed, "the rest")) as player:
            player.load(World())
    except SandboxError:
        _log.exception("Cells below the last check were not run; no mark depends on them.")


def _workers_seed(seed: int, purpose: str) -> int:
    """For the worker's own dice. Nobody can tell from it which worlds will be drawn."""
    digest = hashlib.sha256(f"worker {seed} {purpose}".encode()).digest()
    return int.from_bytes(digest[:4])


# -- what the notebook shows


def _with_outputs(notebook: Json, run: NotebookRun, marks: Mapping[int, Mark]) -> Json:
    shown = copy.deepcopy(notebook)
    for place, cell in enumerate(shown["cells"]):
        if place in marks:
            cell["outputs"] = _verdict_outputs(marks[place])
        elif place in run.outputs:
            cell["outputs"] = run.outputs[place]
    return shown


def _verdict_outputs(mark: Mark) -> list[Output]:
    """What the learner reads, and the points as nbgrader reads them below a cell."""
    if mark.points is None:
        text = f"{NO_MARK}: {mark.reason}. Your instructor will give it."
        return [_display(text, f"<p><strong>{NO_MARK}</strong>: a person will give it.</p>")]
    assert mark.verdict is not None
    points = {"text/plain": f"{mark.points:.15g}"}
    result = {"output_type": "execute_result", "execution_count": None, "data": points, "metadata": {}}
    return [_display(mark.verdict.text(), verdict_html(mark.verdict)), result]


def _display(text: str, html: str) -> Output:
    return {"output_type": "display_data", "data": {"text/html": html, "text/plain": text}, "metadata": {}}


def _remarks(places: Mapping[int, Json], run: NotebookRun, marks: Mapping[int, Mark]) -> Any:
    for place, text in sorted(run.stopped.items()):
        yield f"cell {place + 1} ({_name(places[place])}): {text}"
    for place, one in marks.items():
        if one.points is None:
            yield f"cell {place + 1} ({_name(places[place])}): {NO_MARK.lower()}: {one.reason}"


def _name(cell: Json) -> str:
    return cells.grade_id(cell) or cells.cell_id(cell)
