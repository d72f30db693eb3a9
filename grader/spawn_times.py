"""How long the sandbox, a submission and an exercise take to start: `python -m grader selftest --times`."""

import time
from statistics import median

from asynclab.wire import Wire
from grader.cell_run import run_cell
from grader.runtime import Runtime
from grader.sandbox import Sandbox, Submission

#: Submissions that are measured, and exercises in each.
SUBMISSIONS, EXERCISES = 20, 3


def spawn_times(runtime: Runtime, *, paranoid: bool) -> str:
    """Medians, on the wall."""
    began = time.monotonic()
    with Sandbox(runtime, paranoid=paranoid) as sandbox:
        start = time.monotonic() - began
        submissions, exercises = [], []
        for _ in range(SUBMISSIONS):
            began = time.monotonic()
            with sandbox.submission() as submission:
                submissions.append(time.monotonic() - began)
                exercises += [_one_exercise(submission) for _ in range(EXERCISES)]
    return (
        f"sandbox: {start:.2f} s; submission: {1000 * median(submissions):.1f} ms; "
        f"exercise with one cell: {1000 * median(exercises):.1f} ms"
    )


def _one_exercise(submission: Submission) -> float:
    began = time.monotonic()
    with submission.exercise() as worker:
        run_cell(Wire(worker.link), "1 + 1", began + 60)
    return time.monotonic() - began
