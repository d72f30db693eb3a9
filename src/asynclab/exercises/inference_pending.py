"""The exercise of 05 A mini inference service about rows that wait, and clients who do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE, shown
from asynclab.observed import Run
from asynclab.record import Request
from asynclab.service import Dice
from asynclab.trial import Trial

NOTEBOOK = "05_inference_service"

#: How long the device takes for a batch, in seconds. Times here are exact as floats, up to the deadline.
TAKES = 0.5

#: A deadline that nobody misses.
LATE = 1000.0


@dataclass(frozen=True)
class Client:
    """Comes with its row at a time, and leaves after `patience`; all in seconds."""

    row: int
    at: float
    deadline: float = LATE
    patience: float = 50.0


@exercise(
    "pending_rows",
    points=5,
    minutes=15,
    difficulty=3,
    importance=4,
    lines=24,
    hints=(
        "What is true of the future of a client that has left? What does `set_result` do to it?",
        (
            "A deque of PendingRow. `take` looks at one row after the other until it has enough or there are "
            "none: whose future is `done()` is dropped, who is late gets a TimeoutError, and only the others "
            "count. `answer` and `fail` leave out what is done; `len` counts what is not."
        ),
        (
            "In `take`: `while self._rows and len(batch) < max_batch:` take the first out; `if "
            "one.future.done(): continue`; `if one.deadline <= now:` `set_exception(TimeoutError(...))`, "
            "else append. In `answer`: `for one, result in zip(batch, results, strict=True): if not "
            "one.future.done(): one.future.set_result(result)`."
        ),
    ),
)
def pending_rows(trial: Trial) -> None:
    """The device sees the rows of those who wait, and nobody's leaving is felt by others."""
    max_batch = trial.count(2, 4)
    for scene in (_some_leave, _the_device_fails, _nobody_is_left):
        scene(trial, max_batch)
        if _is_wrong(trial.runs[-1]):
            return  # what else is amiss comes of it
        trial.new_scene()


def _is_wrong(run: Run) -> bool:
    return not all(requirement.holds for requirement in run.requirements)


def _some_leave(trial: Trial, max_batch: int) -> None:
    """While the device works on the first row, others come; some leave, some will be too late."""
    free = 0.125 + TAKES  # when the device takes the next rows
    gone = [Client(row, 0.126 + 0.001 * row, patience=0.1) for row in range(1, max_batch + 1)]
    gone.append(Client(10, 0.14, deadline=0.45, patience=0.2))  # has left, and would be too late
    late = [Client(20, 0.141, deadline=0.5), Client(21, 0.142, deadline=free)]
    late.append(Client(50, 0.1445 + 0.001 * max_batch, deadline=free + 0.25))  # before the last one
    more = [Client(40 + n, 0.146 + 0.001 * n, deadline=30.0 - n) for n in range(max_batch)]
    stay = [Client(0, 0.125), Client(30, 0.143, deadline=free + 0.001), *more, Client(99, 10.0)]
    leaves_at_work = Client(31, 0.144, patience=0.6)
    run = _run(trial, max_batch, [*gone, *late, *stay, leaves_at_work], (0.4, free + 0.125, 9.0))

    rows = [30, 31, *[client.row for client in more]]
    batches = [(0.125, [0]), (free, rows[:max_batch]), (free + TAKES, rows[max_batch:]), (10.0, [99])]
    _requires_answers(run, stay)
    _requires_batches(run, batches, [*gone, leaves_at_work], late)
    by = {20: free, 21: free, 50: free + TAKES}  # when it is their turn
    unlike = [row for row, at in by.items() if not _is_told(_of(run, row), at)]
    run.requires(
        not unlike,
        "gives a TimeoutError to who is too late",
        f"row {unlike[0]} was too late when its turn came at {_exact(by[unlike[0]])}, and its client "
        f"{_how(_of(run, unlike[0]))} at {_exact(_of(run, unlike[0]).end)}"
        if unlike
        else "",
    )
    waiting, counted = [2 + 2 + max_batch + 1, 3, 0], _counted(run)
    run.requires(
        counted == waiting,
        "counts the rows whose client is still there",
        f"`len(pending)` was {shown(counted)} at three times, {shown(waiting)} were waiting",
    )


def _is_told(request: Request, by: float) -> bool:
    return request.error == "TimeoutError" and (request.end or 0.0) <= by + TIME_TOLERANCE


def _the_device_fails(trial: Trial, max_batch: int) -> None:
    """A batch fails of which one has left; another follows."""
    free = 0.125 + TAKES
    bad = [Client(row, 0.126 + 0.001 * row) for row in range(1, max_batch)]
    left = Client(max_batch, 0.1265, patience=0.6)
    stay = [Client(0, 0.125), Client(20, 0.2), Client(99, 10.0)]
    run = _run(trial, max_batch, [*bad, left, *stay], (), fails=1)

    _requires_answers(run, stay)
    told = [(_of(run, client.row).error, _of(run, client.row).value) for client in bad]
    run.requires(
        all(each == ("ConnectionError", "device lost") for each in told),
        "hands the error to each client of the batch that is there",
        f"the device raised ConnectionError: device lost for the batch of {free:g} s; a client of it "
        f"{_how(_of(run, bad[0].row))}",
    )


def _nobody_is_left(trial: Trial, max_batch: int) -> None:
    """All that wait have left when the device is free, and all of a batch while it is at the device."""
    gone = [Client(row, 0.2 + 0.001 * row, patience=0.1) for row in range(1, max_batch + 2)]
    at_work = [Client(20 + row, 3.0, patience=0.25) for row in range(max_batch)]
    stay = [Client(0, 0.125), Client(10, 2.0), Client(99, 10.0)]
    run = _run(trial, max_batch, [*gone, *stay, *at_work], ())
    _requires_answers(run, stay)


def _by_time(clients: Sequence[Client]) -> list[Client]:
    return sorted(clients, key=lambda client: client.at)


def _run(
    trial: Trial,
    max_batch: int,
    clients: Sequence[Client],
    counted_at: Sequence[float],
    fails: int | None = None,
) -> Run:
    """Let the clients come, and count at these times; the device doubles, and fails for the row `fails`."""

    def failure(rows: list[int], attempt: int) -> Exception | None:
        return ConnectionError("device lost") if fails in rows else None

    device = trial.function("device", "rows", latency=TAKES, reply=_doubled, fail=failure)
    pending = trial.make("PendingRows")
    service = trial.fixture("PendingService", pending, device, max_batch)
    for client in _by_time(clients):
        trial.at(client.at, service, "ask", client.row, client.deadline, patience=client.patience)
    for at in counted_at:
        trial.at(at, pending, "__len__")
    return trial.drive("PendingRows")


def _doubled(dice: Dice, rows: list[int]) -> list[int]:
    return [2 * row for row in rows]


def _of(run: Run, row: int) -> Request:
    """The request of this row; an open one when the run ended before it came."""
    asked = (one for one in run.record.requests if one.method == "ask" and one.args[0] == row)
    return next(asked, Request(0, "ask", (row,), 0.0, None, "open"))


def _counted(run: Run) -> list[object]:
    return [one.value for one in run.record.requests if one.method == "__len__"]


def _how(request: Request) -> str:
    return {
        "reply": f"got {shown(request.value)}",
        "error": f"got {request.error}: {request.value}",
    }.get(request.how, "got no answer")


def _requires_answers(run: Run, stay: Sequence[Client]) -> None:
    asked = [_of(run, client.row) for client in stay]
    wrong = [one for one in asked if (one.how, one.value) != ("reply", 2 * one.args[0])]
    run.requires(
        not wrong,
        "answers everybody who is there, with the result of their row",
        f"the device doubles; the client of row {wrong[0].args[0]}, which came at {_exact(wrong[0].at)}, "
        f"{_how(wrong[0])}"
        if wrong
        else "",
        gate=True,
    )
    errors = {one.error for one in asked}
    run.explain(
        when=any(one.error and str(one.value).startswith(("invalid state", "CANCELLED")) for one in asked),
        say="A client had left. Its future is done, and `set_result` and `set_exception` raise "
        "InvalidStateError there, which ends the loop that takes the batches: ask `done()` first.",
    )
    run.explain(
        when="CancelledError" in errors,
        say="Who left took others along: only the future of that client is cancelled, and it is so already.",
    )
    run.explain(
        when=any(one.how == "reply" for one in wrong),
        say="Results shifted to those who stayed: the n-th result belongs to the n-th row of the batch, "
        "whether its client is there or not.",
    )


def _requires_batches(
    run: Run, due: Sequence[tuple[float, list[int]]], gone: Sequence[Client], late: Sequence[Client]
) -> None:
    seen = [(call.start, list(call.args[0])) for call in run.record.calls("device")]
    unlike = next(
        (number for number, batch in enumerate(due) if not _is(seen[number : number + 1], batch)), None
    )
    told = ""
    if unlike is not None:
        was = (
            f"was {seen[unlike][1]} at {_exact(seen[unlike][0])}" if unlike < len(seen) else "was never taken"
        )
        told = f"batch {unlike + 1} {was}; {due[unlike][1]} at {_exact(due[unlike][0])} was expected"
    run.requires(unlike is None, "takes what somebody waits for, in order, as many as fit", told)
    if unlike is None:
        return
    computed, put = [row for _, rows in seen for row in rows], [row for _, rows in due for row in rows]
    places = [put.index(row) for row in computed if row in put]
    run.explain(
        when=places != sorted(places),
        say="They are taken in the order in which they were put: who came first has waited longest.",
    )
    run.explain(
        when=any(client.row in computed for client in gone if client.patience < 0.3),
        say="A row was computed whose client had left: nobody will read the result, and somebody else waits "
        "for the place.",
    )
    run.explain(
        when=any(client.row in computed for client in late),
        say="A row was computed that was too late already: its deadline was not after `now`.",
    )
    broke = any(one.error not in ("", "TimeoutError") for one in run.record.requests)
    run.explain(
        when=set(computed) <= set(put) and not broke,
        say="A row that is dropped takes no place, and no other is left behind: go on with the next until "
        "the batch is full, or nothing is left.",
    )


def _is(seen: Sequence[tuple[float, list[int]]], due: tuple[float, list[int]]) -> bool:
    return bool(seen) and seen[0][1] == due[1] and abs(seen[0][0] - due[0]) <= TIME_TOLERANCE


def _exact(time: float | None) -> str:
    """Seconds with as many digits as the requirement has."""
    return f"{round(time or 0.0, 6):g} s"
