"""Plays the functions of a notebook in the sandbox: in a worker that has run the notebook's cells so far."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from asynclab.record import Record
from asynclab.runner import Limits
from asynclab.wire import LinkError, Wire
from asynclab.world import World
from grader.cell_run import Output, run_cell
from grader.sandbox import Submission, Worker
from grader.wire_player import LIMITS, PATIENCE, WirePlayer

#: The name of the error that a notebook shows below a cell which was stopped.
STOPPED = "Stopped"


@dataclass(frozen=True)
class CellLimits:
    """Against hangs, far above what an honest cell takes: seconds of CPU and on the wall for one cell, and on
    the wall for all cells of a notebook together, in however many processes they are run."""

    cpu: float = 10.0
    wall: float = 30.0
    notebook: float = 300.0


@dataclass
class NotebookRun:
    """What is known of a notebook's cells, over all the workers that have run them."""

    sources: Mapping[int, str]  # by the cell's place in the notebook
    limits: CellLimits
    outputs: dict[int, list[Output]] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)  # of cells that raised
    stopped: dict[int, str] = field(default_factory=dict)  # of cells that never end, or end the process
    spent: float = 0.0  # seconds on the wall

    def before(self, place: int) -> list[int]:
        """The cells above, without those that no worker survives."""
        return [each for each in self.sources if each < place and each not in self.stopped]

    def run(self, place: int, worker: Worker, wire: Wire) -> bool:
        """Run a cell in a worker; whether the worker is still there afterwards."""
        began = time.monotonic()
        seconds = max(0.0, min(self.limits.wall, self.limits.notebook - self.spent))
        try:
            with worker.within_cpu(self.limits.cpu):
                done = run_cell(wire, self.sources[place], began + seconds)
        except LinkError as error:
            late = f"it was still running after {self.limits.wall:g} s"
            if seconds < self.limits.wall:
                late = f"the cells of this notebook had taken {self.limits.notebook:g} s together"
            self._stop(place, worker.end() or (late if error.why == "wall" else str(error)))
            return False
        finally:
            self.spent += time.monotonic() - began
        self.outputs.setdefault(place, done.outputs)
        if not done.ok:
            self.errors.setdefault(place, done.error or "it did not come to its end")
        return True

    def _stop(self, place: int, why: str) -> None:
        self.stopped[place] = f"This cell was stopped: {why}. The other cells were run without it."
        shown = [each for each in self.outputs.get(place, []) if each["output_type"] != "execute_result"]
        self.outputs[place] = [*shown, error_output(STOPPED, self.stopped[place])]


class NotebookPlayer(WirePlayer):
    """Plays what the cells above a check have defined, each time a run was stopped in a fresh worker."""

    def __init__(
        self,
        submission: Submission,
        cells: NotebookRun,
        check: int,
        seed: int,
        *,
        limits: Limits = LIMITS,
        patience: float = PATIENCE,
    ) -> None:
        super().__init__([], self._next_worker, limits=limits, patience=patience)
        self._submission = submission
        self._seed = seed
        self._cells = cells
        self._check = check

    def load(self, world: World) -> Record:
        """Run the cells above the check, in real time: the `world` sees nothing of it.

        A cell that a worker does not survive is left out from then on.
        """
        while not self._survived():
            self.close()
        return world.record()

    def _next_worker(self) -> Worker:
        return self._submission.exercise(self._seed)

    def _survived(self) -> bool:
        worker = self._child = self._next_worker()
        self._wire = Wire(worker.link)
        return all(self._cells.run(place, worker, self._wire) for place in self._cells.before(self._check))


def error_output(name: str, text: str) -> Output:
    """What a notebook shows for an exception."""
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}
