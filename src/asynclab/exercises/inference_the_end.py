"""The exercise of 05 A mini inference service about its end."""

from __future__ import annotations

import math

from asynclab.clients import Invocation
from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.trial import Trial

NOTEBOOK = "05_inference_service"

#: The steps in the order in which they are to be taken.
STEPS = ["set_ready(False)", "refuse_new", "flush", "close", "returned"]

#: When `drain` is called (s), and when a request comes that is too late.
CALLED, TOO_LATE = 0.3, 0.45

#: So much later (s) than it could be is still "as soon as": for an answer that looks every now and then.
SOON = 0.1

HANGS = 600.0  # seconds that a device takes that has hung


@exercise(
    "drain",
    points=6,
    minutes=20,
    difficulty=3,
    importance=5,
    lines=10,
    hints=(
        "Somebody will come while you close. Who should notice first: they, or the load balancer?",
        (
            "Five steps in the order of the docstring. Only one of them takes time, and for that there is "
            "`grace`."
        ),
        (
            "`set_ready(False)`, `refuse_new()`, `flush()`; count what is pending. `async with "
            "asyncio.timeout(grace): await service.wait_answered()`, and a TimeoutError is no error. What is "
            "still pending is cut: count it before you `close()`."
        ),
    ),
)
def drain(trial: Trial) -> None:
    """The steps in their order, the counts, and when it is closed: soon, and in any case."""
    waiting, seconds, grace = trial.count(1, 4), trial.vary(0.5, 0.9), trial.vary(3.0, 5.0)
    trial.things.append(
        f"one row at the device, {waiting} {'waits' if waiting == 1 else 'wait'} for a batch to fill"
    )
    _all_are_answered(trial, waiting, seconds, grace)
    trial.new_scene()
    _the_device_hangs(trial, waiting, grace)
    trial.new_scene()
    _one_is_answered_in_time(trial, waiting, seconds, grace)
    trial.new_scene()
    _nothing_is_pending(trial, grace)


class Ending:
    """A service with one row at its device and some that wait, which is drained, and what came of it."""

    def __init__(self, trial: Trial, waiting: int, first: float, second: float, grace: float) -> None:
        """The device takes `first` seconds for the row that is there, and `second` for those that wait."""
        device = trial.function(
            "device",
            "rows",
            latency=lambda dice, rows: first if rows[0] == 0 else second,
            reply=lambda dice, rows: [2 * row for row in rows],
        )
        tell = trial.function("step", "name", latency=lambda dice, name: 0.0, form="sleep")
        service = trial.fixture("DrainableService", device, tell)
        rows = range(waiting + 1) if waiting else ()
        self.asked = [trial.at(0.02 * row, service, "ask", row, row > 0) for row in rows]
        self.drained = trial.at(CALLED, None, "drained", trial.learners("drain"), service, grace, tell)
        self.late = trial.at(TOO_LATE, service, "ask", 99, False) if waiting else self.drained
        trial.at(3500.0, None, "ping")
        self.run = trial.drive("drain")
        self.steps: dict[str, float] = {}
        for call in self.run.record.calls("step"):
            self.steps.setdefault(call.args[0], call.start)

    @property
    def closed(self) -> float:
        """When it was closed, in seconds from the call of `drain`."""
        return self.steps.get("close", math.inf) - CALLED

    @property
    def cut(self) -> int:
        """How many were cut."""
        return sum(one.how == "error" for one in self.asked)

    @property
    def returned(self) -> str:
        return f"raised {self.drained.error}" if self.drained.how == "error" else f"{self.drained.value!r}"


def _requires_counts(ending: Ending, answered: int, cut: int) -> None:
    due = {"answered": answered, "cut": cut}
    ending.run.requires(
        ending.drained.how == "reply" and ending.drained.value == due,
        "says how many were answered, and how many were cut",
        f"of {answered + cut} requests {answered} were answered when it was over; it returned "
        f"{ending.returned}, where {due} was expected",
        weight=2,
    )
    ending.run.explain(
        when=ending.drained.value == {"answered": answered + cut, "cut": 0} and 0 < cut <= ending.cut,
        say="Closing ends what is pending, so after it there is nothing left to count. Count what is cut "
        "before you close.",
    )


def _requires_soon(ending: Ending, due: float) -> None:
    """It is closed `due` seconds after the call, when the last one has its answer."""
    ending.run.requires(
        ending.closed <= due + SOON,
        "closes as soon as everything is answered",
        f"the last answer was there {format_seconds(due)} after the call, and it was closed "
        + _after(ending.closed),
        weight=2,
    )


def _after(seconds: float) -> str:
    return "never" if math.isinf(seconds) else f"after {format_seconds(round(seconds, 3))}"


def _all_are_answered(trial: Trial, waiting: int, seconds: float, grace: float) -> None:
    ending = Ending(trial, waiting, seconds, seconds, grace)
    run, steps, late = ending.run, list(ending.steps), ending.late
    run.requires(
        steps == STEPS,
        "takes the steps in their order",
        f"the steps were {', '.join(steps) or 'none'}; {', '.join(STEPS)} were expected",
        gate=True,
    )
    _requires_soon(ending, 2 * seconds - CALLED)
    _requires_counts(ending, waiting + 1, 0)
    _explain_the_order(run, steps, late)
    run.explain(
        when=any(one.how == "error" for one in ending.asked) and ending.closed < SOON,
        say="It was closed at once. What was accepted was a promise: wait until it is answered.",
    )
    run.explain(
        when=ending.closed > 2 * seconds + SOON and ending.closed < grace + SOON,
        say="Everything was answered, and it stayed for the whole of its grace. That is a limit, not an "
        "appointment; or it waited for clients who have nothing to ask and keep their connections.",
    )
    run.explain(
        when=ending.closed > grace + SOON,
        say="Clients keep idle connections open for hours, and it waited for them. Wait for answers, not "
        "for connections: `close()` ends those.",
    )


def _explain_the_order(run: Run, steps: list[str], late: Invocation) -> None:
    run.explain(
        when="refuse_new" not in steps or late.how == "reply",
        say="It took new work until it was closed: with a client every second it would never be done, and "
        "the last ones are cut.",
    )
    run.explain(
        when="flush" not in steps,
        say="Some rows wait for their batch to fill, and nobody comes any more who could fill it: `flush()` "
        "sends them.",
    )
    run.explain(
        when=steps.index("flush") < steps.index("refuse_new")
        if {"flush", "refuse_new"} <= set(steps)
        else False,
        say="It flushed while it still took new work: a row that comes then waits for a batch that nobody "
        "fills.",
    )
    run.explain(
        when="set_ready(False)" not in steps or steps[0] != "set_ready(False)",
        say="It refused, and the load balancer did not know of it: for as long it sends requests here, and "
        "each of them fails. First say that you are not ready.",
    )
    run.explain(
        when="close" in steps and steps.index("close") == len(steps) - 1 and "returned" in steps,
        say="It returned, and the service was not closed yet: `close` is a coroutine function, await it.",
    )


def _the_device_hangs(trial: Trial, waiting: int, grace: float) -> None:
    ending = Ending(trial, waiting, HANGS, HANGS, grace)
    run = ending.run
    run.requires(
        ending.closed <= grace + SOON,
        "closes after the grace in any case",
        f"the device hangs, the grace is {format_seconds(grace)}, and it was closed {_after(ending.closed)}",
        weight=2,
    )
    run.requires(
        ending.closed >= grace - TIME_TOLERANCE,
        "cuts nobody off before the grace is over",
        f"the grace is {format_seconds(grace)}, and it was closed {_after(ending.closed)}",
        weight=2,
    )
    _requires_counts(ending, 0, waiting + 1)
    run.explain(
        when=ending.drained.how == "error",
        say="That the grace is over is no error of the service: catch the TimeoutError, and close.",
    )
    run.explain(
        when=ending.closed > grace + SOON,
        say="A device that hangs answers never, and so the process never ends: give the wait a limit, "
        "`grace` seconds for everything together.",
    )


def _one_is_answered_in_time(trial: Trial, waiting: int, seconds: float, grace: float) -> None:
    ending = Ending(trial, waiting, seconds, HANGS, grace)
    _requires_counts(ending, 1, waiting)


def _nothing_is_pending(trial: Trial, grace: float) -> None:
    ending = Ending(trial, 0, 0.1, 0.1, grace)
    _requires_soon(ending, 0.0)
    _requires_counts(ending, 0, 0)
