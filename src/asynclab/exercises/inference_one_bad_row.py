"""The exercise of 05 A mini inference service about one bad row in a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.service import Service
from asynclab.trial import Trial

NOTEBOOK = "05_inference_service"

LATENCY = 0.05  # of the device, seconds

PATIENCE = 9.0  # seconds in which the client gets an answer that asks the device for each row alone, twice

#: What the device may raise, whatever the reason.
KINDS = (ValueError, RuntimeError, KeyError, ConnectionError, TimeoutError)


@exercise(
    "run_batch",
    points=6,
    minutes=20,
    difficulty=3,
    importance=4,
    lines=10,
    hints=(
        "A batch of 32 raised. Which single call tells you most about where the bad row is?",
        "Half of the rows. A half that works is done; the other one is the same problem again, but smaller.",
        (
            "`try: return await device(rows)`. `except Exception as error`: for one row return `[error]`; "
            "else `run_batch` for `rows[:half]`, then for `rows[half:]`, and the two lists in this order."
        ),
    ),
)
def run_batch(trial: Trial) -> None:
    """Each row has its own result; the bad one is found by halves, in one call at a time."""
    count = 2 ** trial.count(3, 5)
    _one_bad_row(trial, count, trial.count(0, count - 1))
    for scene in (
        _bad_at_each_place,
        _no_bad_row,
        _several_bad_rows,
        _one_row,
        _no_row,
        _cancelled,
    ):
        trial.new_scene()
        scene(trial)


def _result(row: list[Any]) -> Any:
    """None for every third row, which is a result like any other."""
    return None if row[0] % 3 == 2 else 2 * row[0]


def _failure(rows: Sequence[Any]) -> Exception | None:
    """What the device raises: for a bad row that is alone another kind than for the row after it."""
    bad = [row[0] for row in rows if row[1] == "bad"]
    if bad and len(rows) == 1:
        return KINDS[bad[0] % len(KINDS)](f"row {bad[0]} cannot be computed")
    return _of_all(len(rows)) if bad else None


def _of_all(count: int) -> Exception:
    return RuntimeError(f"one of {count} rows cannot be computed")


def _rows(count: int, bad: Sequence[int]) -> list[list[Any]]:
    """Rows are lists, which no dict and no set can hold as keys."""
    return [[number, "bad" if number in bad else "good"] for number in range(count)]


def _expected(rows: Sequence[list[Any]]) -> list[Any]:
    return [_failure([row]) or _result(row) for row in rows]


def _device(trial: Trial) -> Service:
    return trial.function(
        "device",
        "rows",
        latency=LATENCY,
        reply=lambda dice, rows: [_result(row) for row in rows],
        fail=lambda rows, attempt: _failure(rows),
    )


def _run(trial: Trial, device: Service, *batches: list[list[Any]]) -> Run:
    """A client for each batch, one after the other, ten seconds apart."""
    for number, rows in enumerate(batches):
        trial.at(10.0 * number, trial.learners("run_batch"), "__call__", device, rows, patience=PATIENCE)
    return trial.drive("run_batch")


def _one_bad_row(trial: Trial, count: int, bad: int) -> None:
    trial.things.append(f"{count} rows, row {bad} is bad")
    rows = _rows(count, [bad])
    device = _device(trial)
    run = _run(trial, device, rows)

    run.reply(1).equals(
        _expected(rows), "gives each row its own result, and the bad row its exception", gate=True
    )
    run.peak(device).at_most(1, "calls the device once at a time", weight=2)
    again = _given_again(run)
    run.requires(
        not again,
        "never calls the device twice with the same rows",
        f"it was called twice with the same {'row' if len(again) == 1 else f'{len(again)} rows'}",
        weight=2,
    )
    run.explain(
        when=run.request(1).how == "departed" and bool(again),
        say="The same rows again fail again, for ever. Ask for fewer rows.",
    )
    run.explain(
        when=bool(again),
        say="The device was given the same rows a second time. It will say the same: keep what it raised.",
    )
    _explain(run, rows, bad)


def _given_again(run: Run) -> list[Any]:
    """The rows that the device was given a second time; [] when there are none."""
    seen: list[Any] = []
    for call in run.record.calls("device"):
        if call.args in seen:
            return list(call.args[0])
        seen.append(call.args)
    return []


_CAME_OUT = (
    "What the device raised for one row came out. It is that row's entry, whichever row it is and whatever "
    "kind of exception: `except Exception as error`."
)


def _explain(run: Run, rows: list[list[Any]], bad: int) -> None:
    """What became of the rows, when it is one of the well-known mistakes."""
    count, due, given = len(rows), _expected(rows), run.reply(1)
    run.explain(
        when=run.request(1).error == "RuntimeError" and str(run.request(1).value).startswith("one of"),
        say=f"{bad} is the bad row, and {count - 1} good ones fail with it. Catch what the device raises, "
        "and ask it again for fewer rows.",
    )
    run.explain(
        when=run.request(1).how == "error",
        say=_CAME_OUT,
    )
    run.explain(
        when=given.is_(due[:bad] + due[bad + 1 :]),
        say="The bad row is left out, so each result after it stands at the place of another row: somebody "
        "is given the answer to another one's question.",
    )
    run.explain(
        when=any(given.is_(_with(due, bad, text)) for text in (str(due[bad]), repr(due[bad]))),
        say="The entry is the text of the exception, which nobody can tell from a result: keep the "
        "exception itself.",
    )
    run.explain(
        when=given.is_(_with(due, bad, None)),
        say="The bad row has None, as if that were its result: keep the exception.",
    )
    run.explain(
        when=given.is_([_of_all(count)] * count),
        say="Every row has the exception, and only one of them is bad: the others have a result.",
    )
    run.explain(
        when=given.is_(_with(due, bad, _of_all(count))),
        say="The bad row has the exception of the whole batch. Its own is what the device raises for this "
        "row alone.",
    )


def _with(results: list[Any], place: int, entry: Any) -> list[Any]:
    return [*results[:place], entry, *results[place + 1 :]]


def _bad_at_each_place(trial: Trial) -> None:
    """One batch after the other, with another bad row in each: luck with the place is no help."""
    count, allowed = 32, 11  # 1 + 2 * log2(32)
    device = _device(trial)
    run = _run(trial, device, *[_rows(count, [place]) for place in range(count)])

    calls = [0] * count
    for call in run.record.calls("device"):
        calls[int(call.start // 10.0)] += 1
    most = max(calls)
    run.requires(
        most <= allowed,
        "finds the bad row by halves",
        f"with row {calls.index(most)} of {count} bad the device saw {most} calls, {allowed} are enough",
        weight=2,
    )
    run.explain(
        when=most >= count,
        say="Row after row: one bad row costs a call for each of the others. Ask for half of them at a time.",
    )
    run.explain(
        when=most > allowed,
        say="Each call should halve what is in doubt: after log2(n) steps one row is left.",
    )


def _no_bad_row(trial: Trial) -> None:
    rows = _rows(trial.count(2, 9), [])
    device = _device(trial)
    run = _run(trial, device, rows)
    run.calls(device).at_most(1, "calls the device once when no row is bad")
    run.explain(
        when=run.calls(device) > 1,
        say="Nearly every batch is a good one. Try all rows together first, and look closer only when "
        "that fails.",
    )


def _several_bad_rows(trial: Trial) -> None:
    """Neighbours among them, two that are equal, and a number that is no power of two."""
    count = trial.count(6, 13)
    first = trial.count(1, count - 3)
    rows = _rows(count, [first, first + 1, count - 1])
    rows[first + 1] = rows[first]
    trial.things.append(f"{count} rows, three are bad")
    run = _run(trial, _device(trial), rows)
    run.reply(1).equals(_expected(rows), "gives each row its own when several are bad", weight=2)
    run.explain(
        when=run.request(1).how == "reply" and not run.reply(1).is_(_expected(rows)),
        say="One bad row was found, and the others were not looked for, or not at their places: a half that "
        "works says nothing of the other half.",
    )
    run.explain(when=run.request(1).how == "error", say=_CAME_OUT)


def _one_row(trial: Trial) -> None:
    rows = _rows(1, [0])
    device = _device(trial)
    run = _run(trial, device, rows)
    run.reply(1).equals(_expected(rows), "gives a batch of one bad row its exception")


def _no_row(trial: Trial) -> None:
    device = _device(trial)
    run = _run(trial, device, [])
    run.reply(1).equals([], "returns an empty list for no rows")
    run.calls(device).at_most(0, "calls no device for no rows")


def _cancelled(trial: Trial) -> None:
    """In the first call, or in the one after it has failed."""
    left = (0.5 + trial.count(0, 1)) * LATENCY
    rows = _rows(8, [trial.count(0, 7)])
    learners = trial.learners("run_batch")
    trial.at(0.0, None, "cancelled_after", left, learners, _device(trial), rows, patience=PATIENCE)
    trial.at(20.0, None, "ping")
    run = trial.drive("run_batch")

    late = sum(
        call.end is None or call.end > left + TIME_TOLERANCE or call.start > left + TIME_TOLERANCE
        for call in run.record.calls("device")
    )
    run.reply(1).equals("was cancelled", "lets a cancellation go on to its caller")
    run.requires(
        not late,
        "calls no device after it was cancelled",
        f"it was cancelled at {format_seconds(left)}, and {late} {'call' if late == 1 else 'calls'} went on "
        "or began after that",
    )
    run.explain(
        when=bool(late),
        say="A cancellation is no bad row: `except Exception` lets it pass, `except BaseException` and a "
        "bare `except` do not, and a task of your own must be cancelled by you.",
    )
