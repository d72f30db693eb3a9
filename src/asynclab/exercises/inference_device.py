"""The exercise of 05 A mini inference service about the model's own thread."""

from __future__ import annotations

from collections.abc import Sequence

from asynclab.clients import Made
from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE, same, shown
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.record import Request
from asynclab.service import Dice, Failure, Service
from asynclab.trial import Trial

NOTEBOOK = "05_inference_service"


@exercise(
    "device_worker",
    points=5,
    minutes=15,
    difficulty=3,
    importance=5,
    lines=8,
    hints=(
        "Who may be blocked for 50 ms, and who not? What becomes of a second call that comes meanwhile?",
        (
            "An executor with one thread is a thread with a queue in front of it. The loop can wait for what "
            "it computes, and a call that was given up on does not let the next one in."
        ),
        (
            "`ThreadPoolExecutor(max_workers=1)` in `__init__`; `await loop.run_in_executor(pool, model, "
            "rows)` in `run`; `pool.shutdown(wait=False)` in `close`: from then on it raises RuntimeError "
            "itself."
        ),
    ),
)
def device_worker(trial: Trial) -> None:
    """One call after the other in one thread, and a loop that is free meanwhile."""
    first, each = 0.001 * trial.count(40, 60), 0.001 * trial.count(1, 5)
    if not _one_by_one(trial, first, each):
        return  # what else is amiss comes of it
    for scene in (_nothing_else_happens, _the_model_raises, _given_up, _closed, _closed_unused):
        trial.new_scene()
        scene(trial, first, each)


def _model_and_worker(trial: Trial, first: float, each: float, fail: Failure = None) -> tuple[Service, Made]:
    model = trial.function(
        "model",
        "rows",
        latency=lambda _, rows: first + each * len(rows),
        form="native",
        reply=_doubled,
        fail=fail,
    )
    return model, trial.make("DeviceWorker", model)


def _doubled(dice: Dice, rows: list[int]) -> list[int]:
    return [2 * row for row in rows]


def _one_by_one(trial: Trial, first: float, each: float) -> bool:
    """Three at nearly the same time, one later; whether they are answered, and in turn."""
    model, worker = _model_and_worker(trial, first, each)
    batches = [[1, 2, 3], [4], [5, 6], [7]]
    for at, rows in zip((0.1, 0.101, 0.102, 0.5), batches, strict=True):
        trial.at(at, worker, "run", rows, patience=5.0)
    trial.heartbeat(0.01, 1.0)
    run = trial.drive("DeviceWorker")

    asked = [request for request in run.record.requests if request.method == "run"]
    _requires_answers(run, asked, batches)
    run.peak(model).at_most(1, "never calls the model twice at once")
    order = [call.args[0] for call in run.record.calls("model")]
    run.requires(
        order == batches,
        "calls the model in the order of `run`",
        f"`run` was called with {shown(batches)}, the model with {shown(order)}",
    )
    run.heartbeat_gap.at_most(0.0, "leaves the event loop free")
    right = all(requirement.holds for requirement in run.requirements)
    due = [call.end for call in run.record.calls("model")]
    _requires_promptness(run, _late(asked, due) if right else [])
    run.workers.at_most(1, "makes all calls in one thread")
    run.explain(
        when=run.record.loop_blocked > 0,
        say="The model runs in the loop's own thread, or the loop waits for its thread with a call that "
        "blocks: `await` it.",
    )
    run.explain(
        when=run.peak(model) > 1,
        say="Two threads were in the model at once, where one device is: the threads of the default pool, or "
        "one for each call, do not wait for each other.",
    )
    run.explain(
        when=run.workers > 1,
        say="They come one after the other, each in a thread of its own. What a model keeps for its thread, "
        "such as a CUDA stream, is made anew for each: keep one thread.",
    )
    return right and run.workers == 1


def _requires_answers(run: Run, asked: Sequence[Request], batches: Sequence[list[int]]) -> None:
    wrong = [
        (request, rows)
        for request, rows in zip(asked, batches, strict=False)
        if not (request.how == "reply" and same(request.value, [2 * row for row in rows]))
    ]
    told = (
        f"the model doubles; run({wrong[0][1]}) at {_exact(wrong[0][0].at)} {_how(wrong[0][0])}"
        if wrong
        else ""
    )
    run.requires(not wrong, "gives what the model gives", told, gate=True)


def _how(request: Request) -> str:
    return {
        "reply": f"gave {shown(request.value)} at {_exact(request.end)}",
        "error": f"raised {request.error}: {request.value}",
    }.get(request.how, "was not answered")


def _exact(time: float | None) -> str:
    """Seconds with as many digits as the requirement has."""
    return f"{round(time or 0.0, 6):g} s"


def _nothing_else_happens(trial: Trial, first: float, each: float) -> None:
    """A loop that sleeps while the model works: only what wakes it is noticed."""
    _, worker = _model_and_worker(trial, first, each)
    trial.at(0.1, worker, "run", [1, 2], patience=2.0)
    trial.at(5.0, worker, "run", [3], patience=2.0)
    run = trial.drive("DeviceWorker")
    due = [0.1 + first + 2 * each, 5.0 + first + each]
    late = _late(run.record.requests, due)
    _requires_promptness(run, late)
    run.explain(
        when=any(request.how == "departed" or request.latency > 1.0 for request, _ in late),
        say="A future was set from the model's thread. Nothing but `loop.call_soon_threadsafe` may be called "
        "from there: everything else does not wake a loop that sleeps.",
    )


def _requires_promptness(run: Run, late: Sequence[tuple[Request, float]]) -> None:
    run.requires(
        not late,
        "answers as soon as the model has",
        f"run({late[0][0].args[0]}) at {_exact(late[0][0].at)} {_how(late[0][0])}, and the model was done at "
        f"{_exact(late[0][1])}"
        if late
        else "",
    )


def _late(asked: Sequence[Request], due: Sequence[float | None]) -> list[tuple[Request, float]]:
    """Those that were not answered, or later than is due; None for who is not looked at."""
    return [
        (request, by)
        for request, by in zip(asked, due, strict=True)
        if by is not None and (request.how != "reply" or (request.end or 0.0) > by + TIME_TOLERANCE)
    ]


def _the_model_raises(trial: Trial, first: float, each: float) -> None:
    _, worker = _model_and_worker(
        trial,
        first,
        each,
        fail=lambda rows, _: ValueError("a NaN in row 13") if 13 in rows else None,
    )
    for at, rows in ((0.1, [1, 13]), (0.101, [2]), (2.0, [3])):
        trial.at(at, worker, "run", rows, patience=5.0)
    run = trial.drive("DeviceWorker")

    bad, *others = run.record.requests
    run.requires(
        (bad.error, bad.value) == ("ValueError", "a NaN in row 13"),
        "raises what the model raises",
        f"the model raised ValueError: a NaN in row 13, and `run` {_how(bad)}",
    )
    answered = sum(request.how == "reply" for request in others)
    run.requires(
        answered == len(others),
        "goes on after the model has raised",
        f"after the model had raised, {answered} of {len(others)} calls of `run` were answered",
    )
    run.explain(
        when=not answered,
        say="The thread died of the model's error: catch it there, and hand it over like a result.",
    )


def _given_up(trial: Trial, first: float, each: float) -> None:
    """One is cancelled while the model works on it, one while it stands in line."""
    model, worker = _model_and_worker(trial, first, each)
    trial.at(0.1, worker, "run", [1], patience=0.5 * first)
    trial.at(0.101, worker, "run", [2], patience=5.0)
    trial.at(0.102, worker, "run", [3], patience=0.5 * first)
    trial.at(0.103, worker, "run", [4], patience=5.0)
    trial.at(2.0, worker, "run", [5], patience=5.0)
    run = trial.drive("DeviceWorker")

    takes = first + each
    run.peak(model).at_most(1, "waits for the end of what the model has begun, also when nobody else does")
    late = _late(run.record.requests, [None, 0.1 + 2 * takes, None, 0.1 + 4 * takes, 2.0 + takes])
    run.requires(
        not late,
        "answers the others when a `run` is cancelled",
        f"two calls of `run` were cancelled; run({late[0][0].args[0]}) at {_exact(late[0][0].at)} "
        f"{_how(late[0][0])}, {_exact(late[0][1])} is late enough"
        if late
        else "",
    )
    run.explain(
        when=run.peak(model) > 1,
        say="A cancelled `run` let the next one in while its thread was still in the model. A thread cannot "
        "be cancelled: what keeps the others out must be held by the thread, not by the coroutine.",
    )
    run.explain(
        when=any(request.how != "reply" for request, _ in late),
        say="The thread died, or waits for ever, when its result was for a future that had been cancelled.",
    )


def _closed(trial: Trial, first: float, each: float) -> None:
    """Closed while one is at work and one stands in line, and closed again."""
    _, worker = _model_and_worker(trial, first, each)
    batches = [[1], [2]]
    for at, rows in zip((0.1, 0.101), batches, strict=True):
        trial.at(at, worker, "run", rows, patience=5.0)
    trial.at(0.105, worker, "close", patience=5.0)
    trial.at(0.111, worker, "run", [3], patience=5.0)
    trial.at(0.5, worker, "close", patience=5.0)
    trial.at(0.6, worker, "run", [4], patience=5.0)
    trial.heartbeat(0.01, 0.4)
    run = trial.drive("DeviceWorker")

    asked = [request for request in run.record.requests if request.method != "ping"]
    late = _late(asked[:2], [0.1 + first + each, 0.1 + 2 * (first + each)])
    run.requires(
        not late,
        "answers what was given to `run` before it was closed",
        f"it was closed at 0.105 s; run({late[0][0].args[0]}) at {_exact(late[0][0].at)} {_how(late[0][0])}"
        if late
        else "",
    )
    run.heartbeat_gap.at_most(0.0, "does not wait in `close`")
    _requires_refusals(run, [asked[3], asked[5]])
    again = asked[4]
    run.requires(again.how == "reply", "may be closed twice", f"`close` was called again, and {_how(again)}")


def _closed_unused(trial: Trial, first: float, each: float) -> None:
    _, worker = _model_and_worker(trial, first, each)
    trial.at(0.1, worker, "close", patience=5.0)
    trial.at(0.2, worker, "run", [1], patience=5.0)
    run = trial.drive("DeviceWorker")
    _requires_refusals(run, [run.request(2)])


def _requires_refusals(run: Run, refused: Sequence[Request]) -> None:
    wrong = [
        request for request in refused if request.error != "RuntimeError" or request.latency > TIME_TOLERANCE
    ]
    run.requires(
        not wrong,
        "raises RuntimeError at once after `close`",
        f"run({wrong[0].args[0]}) after `close` {_how(wrong[0])}"
        + (f" after {format_seconds(wrong[0].latency)}" if wrong[0].how == "error" else "")
        if wrong
        else "",
    )
