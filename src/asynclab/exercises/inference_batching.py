"""The exercise of 05 A mini inference service about batches: when they leave, and with which rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from asynclab.clients import Made
from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE, same, shown
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.record import Request
from asynclab.service import Dice, Failure, Service
from asynclab.trial import Trial

NOTEBOOK = "05_inference_service"

#: How long the device takes for so many rows, in seconds.
Curve = Callable[[int], float]

#: When a client comes (s), and after how long it leaves (s) or None.
Client = tuple[float, float | None]


@dataclass(frozen=True)
class Departure:
    """When a batch leaves for the device, and with which rows; times in seconds."""

    at: float
    rows: tuple[Any, ...]


def departures(arrivals: Sequence[float], max_batch: int, max_wait: float, curve: Curve) -> list[Departure]:
    """When the batches of a batcher on paper leave; its rows are numbered from 0 and come at `arrivals`.

    >>> departures([0.0, 0.02, 0.3], 2, 0.1, lambda rows: 0.05)
    [Departure(at=0.02, rows=(0, 1)), Departure(at=0.4, rows=(2,))]
    """
    left, free, first = list[Departure](), -math.inf, 0
    while first < len(arrivals):
        full = arrivals[first + max_batch - 1] if first + max_batch <= len(arrivals) else math.inf
        at = max(free, min(arrivals[first] + max_wait, full))
        rows = [row for row in range(first, len(arrivals)) if arrivals[row] <= at][:max_batch]
        left.append(Departure(round(at, 9), tuple(rows)))
        first, free = first + len(rows), at + curve(len(rows))
    return left


@exercise(
    "batcher",
    points=8,
    minutes=30,
    difficulty=4,
    importance=5,
    lines=35,
    hints=(
        "When does the window end, if ten rows come 30 ms apart? Who collects while the device works?",
        (
            "`submit` puts the row, a future and the time at which it must leave into a deque, and awaits "
            "the future. One task, made in `__init__`, waits until the batch is due, sends it, and "
            "settles the futures, again and again."
        ),
        (
            "Due: when the deque is empty, wait for an `asyncio.Event` that `submit` sets. Then, under "
            "`asyncio.timeout_at(...)` of the first row, wait for the event until the deque has `max_batch` "
            "rows; a TimeoutError means that it is time. Take the rows out, `await device(rows)`, and settle "
            "each future that is not `done()`: with its result, or all with the error."
        ),
    ),
)
def batcher(trial: Trial) -> None:
    """Each batch leaves at its time with its rows, against a batcher on paper."""
    max_batch, max_wait = trial.count(3, 6), 0.01 * trial.count(8, 12)
    quick = trial.count(20, 40) / 100 * max_wait

    run = _scripted(trial, _by_and_by(max_batch, max_wait), max_batch, max_wait, _affine(quick, 0.0005))
    if _is_wrong(run):
        return  # what else is amiss comes of it

    trial.new_scene()
    slow = _affine((3.1 - 0.01 * max_batch) * max_wait, 0.01 * max_wait)
    run = _scripted(trial, _while_it_is_busy(max_batch, max_wait, slow), max_batch, max_wait, slow)
    if _is_wrong(run):
        return

    trial.new_scene()
    _scripted(trial, [0.0, 0.011, 0.012, 1.0], 1, max_wait, _affine(quick, 0.0))
    for scene in (_the_device_fails, _left_while_waiting, _left_at_the_device, _all_have_left):
        trial.new_scene()
        scene(trial, max_batch, max_wait, quick)


def _affine(fixed: float, per_row: float) -> Curve:
    return lambda rows: round(fixed + per_row * rows, 6)


def _by_and_by(max_batch: int, max_wait: float) -> list[float]:
    """Rows in the window of the one before; two alone; bursts; one that comes soon after a full batch."""
    arrivals = [0.0013 + 0.7 * max_wait * number for number in range(10)]
    arrivals += [2.0071, 3.0093]
    arrivals += [*_burst(4.0, max_batch), 4.0 + 0.85 * max_wait]
    arrivals += _burst(5.0, max_batch + 2) + _burst(6.0, 2 * max_batch + 1)
    return [round(at, 6) for at in arrivals]


def _while_it_is_busy(max_batch: int, max_wait: float, curve: Curve) -> list[float]:
    """A device that takes three windows: rows that are overdue when it is free, and rows that are not."""
    arrivals = [0.0]
    free = max_wait + curve(1)
    arrivals += [
        free - 1.6 * max_wait,
        free - 0.3 * max_wait,
    ]  # overdue, and it takes the other along
    free += curve(2)
    arrivals += [free - 0.4 * max_wait]  # still has 0.6 of its window to wait
    free += 0.6 * max_wait + curve(1)
    arrivals += _burst(free - 2 * max_wait, max_batch + 1)
    free += curve(max_batch)
    arrivals += [free - 0.5 * max_wait]  # goes with the one that was left over
    return [round(at, 6) for at in arrivals]


def _burst(at: float, count: int) -> list[float]:
    return [at + 0.0007 * number for number in range(count)]


def _scripted(trial: Trial, arrivals: Sequence[float], max_batch: int, max_wait: float, curve: Curve) -> Run:
    """Rows that come at these times, and nothing else; two of a kind among them."""
    rows = [[number - (number % 4 == 3)] for number in range(len(arrivals))]
    device, batcher = _device_and_batcher(trial, max_batch, max_wait, curve)
    for row, at in zip(rows, arrivals, strict=True):
        trial.at(at, batcher, "submit", row, patience=10.0)
    run = trial.drive("Batcher")

    _requires_answers(run, rows)
    run.peak(device).at_most(1, "has one batch at the device at a time")
    missed = _first_missed(run, rows, arrivals, departures(arrivals, max_batch, max_wait, curve))
    run.requires(
        missed is None,
        "lets each batch leave at its time, with the rows that are there",
        f"with max_batch={max_batch} and max_wait={max_wait:g}, {missed}",
    )
    if missed:
        _explain_missed(run, missed, arrivals, max_batch, max_wait)
    return run


def _device_and_batcher(
    trial: Trial, max_batch: int, max_wait: float, curve: Curve, fail: Failure = None
) -> tuple[Service, Made]:
    device = trial.function(
        "device", "rows", latency=lambda _, rows: curve(len(rows)), reply=_doubled, fail=fail
    )
    return device, trial.make("Batcher", device, max_batch=max_batch, max_wait=max_wait)


def _doubled(dice: Dice, rows: list[list[int]]) -> list[int]:
    return [2 * row[0] for row in rows]


def _is_wrong(run: Run) -> bool:
    return not all(requirement.holds for requirement in run.requirements)


def _requires_answers(run: Run, rows: Sequence[list[int]]) -> None:
    wrong = [
        request
        for request, row in zip(run.record.requests, rows, strict=False)
        if not (request.how == "reply" and same(request.value, 2 * row[0]))
    ]
    run.requires(
        not wrong,
        "gives each caller the result of its row",
        f"the device doubles; submit({wrong[0].args[0]}) at {_exact(wrong[0].at)} {_how(wrong[0])}"
        if wrong
        else "",
        gate=True,
    )
    if wrong:
        run.explain(
            when=wrong[0].how == "reply",
            say="Somebody got the result of another row: the n-th result is that of the n-th row sent.",
        )
        run.explain(
            when=wrong[0].how == "departed" and len(wrong) < len(rows),
            say="A row was forgotten: what does not fit into a batch goes with the next, also when no other "
            "row comes.",
        )


def _how(request: Request) -> str:
    return {
        "reply": f"gave {shown(request.value)}",
        "error": f"raised {request.error}: {request.value}",
    }.get(request.how, "was not answered")


def _exact(time: float | None) -> str:
    """Seconds with as many digits as the requirement has."""
    return f"{round(time or 0.0, 6):g} s"


@dataclass(frozen=True)
class Missed:
    """The first batch that did not leave as it does on paper; times in seconds."""

    due: Departure
    came: float  # when its first row came
    free: float  # when the device was free for it
    at: float  # when it left; infinite if it never did
    rows: int  # how many it had
    in_order: bool  # whether they were the next

    def __str__(self) -> str:
        left = f"left at {_exact(self.at)} with {_counted(self.rows)}" if self.rows else "never left"
        return (
            f"the batch whose first row came at {_exact(self.came)} {left}; "
            f"{_exact(self.due.at)} and {_counted(len(self.due.rows))} was expected"
        )


def _counted(rows: int) -> str:
    return f"{rows} row{'' if rows == 1 else 's'}"


def _first_missed(
    run: Run, rows: Sequence[list[int]], arrivals: Sequence[float], due: Sequence[Departure]
) -> Missed | None:
    calls, free = run.record.calls("device"), 0.0
    for number, departure in enumerate(due):
        call = calls[number] if number < len(calls) else None
        taken = call.args[0] if call else []
        at = call.start if call else math.inf
        if taken != [rows[row] for row in departure.rows] or abs(at - departure.at) > TIME_TOLERANCE:
            first = departure.rows[0]
            in_order = taken == list(rows[first : first + len(taken)])
            return Missed(departure, arrivals[first], free, at, len(taken), in_order)
        free = call.end or math.inf if call else math.inf
    return None


def _explain_missed(run: Run, missed: Missed, arrivals: Sequence[float], max_batch: int, wait: float) -> None:
    at, due, came, free = missed.at, missed.due.at, missed.came, missed.free
    was_busy = free > came + TIME_TOLERANCE
    run.explain(
        when=not missed.in_order,
        say="Rows overtook each other: they leave in the order in which they came.",
    )
    run.explain(
        when=run.record.loop_blocked > 0,
        say="The loop stood still while it waited, and no row could come: `time.sleep` stops everybody.",
    )
    run.explain(
        when=missed.rows > max_batch,
        say=f"{missed.rows} rows in one call, where {max_batch} are allowed: leave the others for the next.",
    )
    run.explain(
        when=was_busy and abs(at - free - wait) < TIME_TOLERANCE,
        say=f"Its first row had waited {format_seconds(free - came)} for the device, and then a whole window "
        "for nothing: the window runs from when the row came.",
    )
    run.explain(
        when=at > due and len(missed.due.rows) == max_batch and missed.rows == max_batch,
        say="It was full and waited on: a batch leaves when it has `max_batch` rows, or when it is due, "
        "whichever is sooner.",
    )
    run.explain(
        when=at > due + TIME_TOLERANCE and missed.rows > len(missed.due.rows),
        say=f"Each row that came made the first one wait for longer, {format_seconds(at - came)} in the end: "
        "the window belongs to the first row, and nobody else moves it.",
    )
    run.explain(
        when=at > due + TIME_TOLERANCE,
        say="Its first row waited for longer than `max_wait`, and the device was free.",
    )
    run.explain(
        when=abs(at - due) < TIME_TOLERANCE and missed.rows < len(missed.due.rows),
        say="Rows that had come while the device was busy stayed behind: all that are there go along, up to "
        "`max_batch`.",
    )
    run.explain(
        when=at < due and any(abs(at - wait - other) < TIME_TOLERANCE for other in arrivals if other < came),
        say=f"It left {format_seconds(at - came)} after its first row, when the window of an earlier batch "
        "would have ended: a batch that leaves full takes its timer along.",
    )
    run.explain(
        when=at < due,
        say="It left before it was full, and before the window of its first row had ended: that window "
        "begins with the row, and with nothing else.",
    )


def _the_device_fails(trial: Trial, max_batch: int, max_wait: float, quick: float) -> None:
    """A full batch fails; two rows come meanwhile, and others long after."""
    curve = _affine(quick, 0.0)
    _, batcher = _device_and_batcher(
        trial,
        max_batch,
        max_wait,
        curve,
        fail=lambda rows, _: ValueError("out of memory") if [1] in rows else None,
    )
    arrivals = [*_burst(0.0, max_batch), 0.3 * quick + 0.01, 0.3 * quick + 0.011, *_burst(1.0, max_batch)]
    for row, at in enumerate(arrivals):
        trial.at(at, batcher, "submit", [row], patience=5.0)
    run = trial.drive("Batcher")

    failed, others = run.record.requests[:max_batch], run.record.requests[max_batch:]
    told = [(request.error, request.value) == ("ValueError", "out of memory") for request in failed]
    run.requires(
        all(told),
        "raises the device's error to every caller of that batch",
        f"the device raised ValueError: out of memory for a batch of {max_batch}; {sum(told)} of them heard "
        f"of it, and one {next((_how(request) for request in failed if request.error != 'ValueError'), '')}",
    )
    answered = sum(request.how == "reply" for request in others)
    run.requires(
        answered == len(others),
        "goes on after a batch that failed",
        f"after a batch that failed, {answered} of {len(others)} rows were answered",
    )
    run.explain(
        when=not answered,
        say="The task that sends the batches died of the device's error: catch it, and hand it to the "
        "callers of that batch.",
    )


def _left_while_waiting(trial: Trial, max_batch: int, max_wait: float, quick: float) -> None:
    """The first of three rows leaves before the batch does."""
    clients: list[Client] = [(0.0, 0.3 * max_wait)]
    clients += [(0.2 * max_wait, None), (0.5 * max_wait, None), (1.0, None)]
    due = [None, 1.2 * max_wait + quick, 1.5 * max_wait + quick, 1.0 + max_wait + quick]
    _undisturbed(trial, "while it waited", clients, due, max_batch + 1, max_wait, quick)


def _left_at_the_device(trial: Trial, max_batch: int, max_wait: float, quick: float) -> None:
    """The first and the last of a full batch leave while the device works on it."""
    first, *between, last = _burst(0.0, max_batch)
    later = last + 0.3 * quick
    clients: list[Client] = [
        (first, last + 0.5 * quick),
        *[(at, None) for at in between],
        (last, 0.6 * quick),
    ]
    clients += [(later, None), (1.0, None)]
    due = [None, *[last + quick for _ in between], None, later + max_wait + quick, 1.0 + max_wait + quick]
    _undisturbed(trial, "while its batch was at the device", clients, due, max_batch, max_wait, quick)


def _all_have_left(trial: Trial, max_batch: int, max_wait: float, quick: float) -> None:
    """All of a batch leave while it waits, and all of another while it is at the device."""
    later = 1.0 + max_wait
    clients: list[Client] = [(0.0, 0.5 * max_wait), (0.1 * max_wait, 0.5 * max_wait)]
    clients += [(1.0, max_wait + 0.5 * quick), (later + 0.6 * quick, None), (2.0, None)]
    due = [None, None, None, later + 0.6 * quick + max_wait + quick, 2.0 + max_wait + quick]
    _undisturbed(trial, "with all of its batch", clients, due, max_batch, max_wait, quick)


def _undisturbed(
    trial: Trial,
    when: str,
    clients: Sequence[Client],
    due: Sequence[float | None],
    max_batch: int,
    max_wait: float,
    seconds: float,
) -> None:
    """Clients come at these times and leave after so long, if at all; the others are answered when due."""
    _, batcher = _device_and_batcher(trial, max_batch, max_wait, lambda rows: seconds)
    for row, (at, patience) in enumerate(clients):
        trial.at(round(at, 6), batcher, "submit", [row], patience=patience or 5.0)
    run = trial.drive("Batcher")

    stayed = [(run.request(number), by) for number, by in enumerate(due, start=1) if by is not None]
    late = [
        (request, by)
        for request, by in stayed
        if request.how != "reply"
        or (request.end or 0.0) > by + TIME_TOLERANCE
        or request.value != 2 * request.args[0][0]
    ]
    told = ""
    if late:
        request, by = late[0]
        how = f"{_how(request)} at {_exact(request.end)}" if request.how == "reply" else _how(request)
        told = (
            f"a client left {when}; submit({request.args[0]}) at {_exact(request.at)} {how}, where "
            f"{2 * request.args[0][0]} at {_exact(by)} was expected"
        )
    run.requires(not late, "lets nobody feel that another has left", told)
    run.explain(
        when=any(request.how == "reply" for request, _ in late),
        say="Results shifted to those who stayed: the n-th result belongs to the n-th row in the call, "
        "whether its client is there or not.",
    )
    run.explain(
        when=len(late) == len(stayed) and len(run.record.calls("device")) > 0,
        say="Nothing is answered any more. A future whose client has left is done: `set_result` raises "
        "InvalidStateError there, and with it ends the task that sends the batches.",
    )
    run.explain(
        when=bool(late),
        say="Who left took others along: what is cancelled must be that one future, and nothing that others "
        "wait for.",
    )
