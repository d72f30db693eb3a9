"""The last exercise of 01 The event loop: to write one."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from typing import Any

from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.trial import Trial

NOTEBOOK = "01_event_loop"

#: A generator for a loop to run: its name, and what it yields.
Program = tuple[str, Sequence[float | str | None]]


@exercise(
    "run_loop",
    points=6,
    minutes=25,
    difficulty=4,
    importance=3,
    lines=16,
    hints=(
        "Where is a generator while it sleeps, and who takes it out of there, and when?",
        "Two places: a deque of those that are ready, and a heap of `(due, number, generator)`.",
        (
            "While some are ready or asleep: if none is ready, sleep until the first is due, and make "
            "all ready that are due then; take one step. None: to the back of the deque. A number: onto the "
            "heap, due at `clock.time()` plus the number. StopIteration: it has ended."
        ),
    ),
)
def run_loop(trial: Trial) -> None:
    """The steps in the right order, each at its time; the clock sleeps no oftener than it must."""
    unit = trial.count(1, 4) / 4  # a quarter of a second: floats add such numbers exactly
    _turns(trial)
    trial.new_scene()
    _sleepers(trial, unit)
    trial.new_scene()
    _no_generators(trial)
    trial.new_scene()
    _a_step_that_raises(trial, unit)


def _run_programs(trial: Trial, programs: list[Program]) -> Run:
    step = trial.function("step", "name", latency=0.0, form="sleep")
    sleep = trial.function("clock", "seconds", latency=lambda dice, seconds: max(0.0, seconds), form="sleep")
    trial.at(0.0, None, "run_generators", trial.learners("run_loop"), programs, step, sleep)
    return trial.drive("run_loop")


def _steps(run: Run) -> list[tuple[str, float]]:
    return [(call.args[0], call.start) for call in run.record.calls("step")]


def _sleeps(run: Run) -> list[float]:
    return [call.args[0] for call in run.record.calls("clock") if call.args[0] > TIME_TOLERANCE]


def _as_on_paper(programs: list[Program]) -> tuple[list[tuple[str, float]], list[float]]:
    """The steps with their times, and how long the clock sleeps each time: the loop that is asked for."""
    ready = deque((name, iter([*waits, "end"])) for name, waits in programs)
    sleeping: list[tuple[float, int, Any]] = []
    now, steps, sleeps = 0.0, [], []
    while ready or sleeping:
        if not ready:
            sleeps.append(sleeping[0][0] - now)
            now = sleeping[0][0]
            while sleeping and sleeping[0][0] <= now:
                ready.append(heapq.heappop(sleeping)[2])
        name, waits = ready.popleft()
        steps.append((name, now))
        wait = next(waits)
        if wait is None:
            ready.append((name, waits))
        elif isinstance(wait, float):
            heapq.heappush(sleeping, (now + wait, len(steps), (name, waits)))
    return steps, sleeps


def _turns(trial: Trial) -> None:
    names = trial.names("job", 3, 4)
    programs: list[Program] = [(name, [None] * (2 + index % 2)) for index, name in enumerate(names)]
    run = _run_programs(trial, programs)
    steps, _ = _as_on_paper(programs)

    run.requires(
        [name for name, _ in _steps(run)] == [name for name, _ in steps],
        "lets those that are ready take turns",
        _first_difference(_steps(run), steps),
        gate=True,
    )
    run.explain(
        when=run.request(1).error == "Exception" or not _steps(run),
        say="Not one step was taken: `run_loop` is a plain function, which is called and not awaited.",
    )
    run.explain(
        when=[name for name, _ in _steps(run)] == sorted((name for name, _ in steps), key=names.index),
        say="Each generator ran to its end before the next one had its first step: take one step, then put "
        "the generator to the back of the queue.",
    )


def _sleepers(trial: Trial, unit: float) -> None:
    shapes: list[list[float | str | None]] = [
        [None, 2 * unit],
        [4 * unit],
        [unit, 3 * unit, None],
        [2 * unit, 2 * unit, None],
    ]
    more: list[list[float | str | None]] = [
        [trial.dice(f"waits {n}").choice([None, unit, 2 * unit, 5 * unit]) for _ in range(3)]
        for n in range(trial.count(0, 2))
    ]
    waits = [*shapes, *more]
    trial.dice("who waits how long").shuffle(waits)
    names = trial.names("job", len(waits), len(waits))
    programs: list[Program] = list(zip(names, waits, strict=True))
    run = _run_programs(trial, programs)
    steps, sleeps = _as_on_paper(programs)
    seen, slept = _steps(run), _sleeps(run)

    run.requires(
        _same_times(seen, steps),
        "takes each step in its order and at its time",
        _first_difference(seen, steps),
        weight=3,
    )
    run.requires(
        len(slept) == len(sleeps)
        and all(abs(one - other) <= TIME_TOLERANCE for one, other in zip(slept, sleeps, strict=True)),
        "sleeps only when none is ready, until the first is due",
        f"the clock slept {_list(slept)}, where {_list(sleeps)} were expected",
        weight=2,
    )

    run.explain(
        when=run.request(1).error == "TypeError" and "not supported between" in str(run.request(1).value),
        say="Two are due at the same time, so the heap compares the generators, which it cannot: "
        "put a number between the time and the generator.",
    )
    run.explain(
        when=not slept and len(seen) > 0 and seen[-1][1] == 0,
        say="No time passed: a step that yields a number was treated like one that yields None.",
    )
    run.explain(
        when=sum(slept) > sum(sleeps) + TIME_TOLERANCE,
        say="The sleeps were added up, one after the other. Who sleeps waits beside the others: sleep only "
        "until the first is due.",
    )
    run.explain(
        when=len(slept) > len(sleeps) and abs(sum(slept) - sum(sleeps)) <= unit,
        say="The clock was asked again and again whether somebody is due. Sleep once, for as long as it "
        "takes until the first is due.",
    )
    run.explain(
        when=sorted(seen) == sorted(steps) and not _same_times(seen, steps),
        say="Each step came at its time, but not in its order: those due at the same instant go on in the "
        "order in which they went to sleep, and all of them are ready before the next step is taken.",
    )
    run.explain(
        when=bool(steps) and run.record.blocks != () and not slept,
        say="Time passed, and not by `clock.sleep`: the clock that you are given is the only one there is.",
    )


def _no_generators(trial: Trial) -> None:
    run = _run_programs(trial, [])
    request = run.request(1)

    run.requires(
        request.how == "reply" and not _sleeps(run),
        "returns at once when there is nothing to run",
        f"it {_ended(run)} after {format_seconds(run.record.elapsed)}",
    )


def _a_step_that_raises(trial: Trial, unit: float) -> None:
    run = _run_programs(trial, [("one", [None, unit]), ("two", [unit, "raise"])])

    run.requires(
        run.request(1).error == "ValueError",
        "lets what a generator raises go to the caller",
        f"a step raised ValueError, and `run_loop` {_ended(run)}",
    )


def _ended(run: Run) -> str:
    request = run.request(1)
    return f"raised {request.error}: {request.value}" if request.how == "error" else "returned"


def _same_times(seen: list[tuple[str, float]], steps: list[tuple[str, float]]) -> bool:
    return [name for name, _ in seen] == [name for name, _ in steps] and all(
        abs(one[1] - other[1]) <= TIME_TOLERANCE for one, other in zip(seen, steps, strict=True)
    )


def _first_difference(seen: list[tuple[str, float]], steps: list[tuple[str, float]]) -> str:
    for number, step in enumerate(steps, start=1):
        if not _same_times(seen[number - 1 : number], [step]):
            took = "there was none"
            if number <= len(seen):
                took = f"it was one of {seen[number - 1][0]} at {format_seconds(seen[number - 1][1])}"
            return f"step {number} is one of {step[0]} at {format_seconds(step[1])}, and {took}"
    return f"{len(seen)} steps were taken, {len(steps)} were expected"


def _list(times: list[float]) -> str:
    shown = ", ".join(map(format_seconds, times[:6])) + (", ..." if len(times) > 6 else "")
    return shown or "not at all"
