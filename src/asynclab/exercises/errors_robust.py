"""The last exercise of 03 When things fail: deadline, retry, breaker and timeout, in the right order."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.service import Service
from asynclab.trial import Trial

NOTEBOOK = "03_errors"


@exercise(
    "robust_fetch",
    points=8,
    minutes=25,
    difficulty=4,
    importance=5,
    lines=22,
    needs=("circuit_breaker", "retry", "safe_call", "with_deadline"),
    hints=(
        "What shall the breaker count: tries or items? And whom does each of the two time limits stop?",
        "From the outside in: deadline, loop over the attempts, breaker, timeout, call.",
        (
            "`async with asyncio.timeout(deadline):` around the loop; in it `await breaker.call(one_try)`, "
            "and `one_try` has `async with asyncio.timeout(timeout):` around the call. The TimeoutError of "
            "the deadline arrives outside of the loop."
        ),
    ),
)
def robust_fetch(trial: Trial) -> None:
    """Each layer seen at work: what was called when, what the breaker let through, how long it took."""
    item, timeout = trial.names("item", 1, 1)[0], trial.vary(0.5, 1.0)
    _answers(trial, item, timeout)
    trial.new_scene()
    _never_answers(trial, item, timeout)
    trial.new_scene()
    _too_slow(trial, item, timeout)
    trial.new_scene()
    _breaker_opens(trial, item, timeout)
    trial.new_scene()
    _timeouts_open_the_breaker(trial, item, timeout)
    trial.new_scene()
    _deadline_passes(trial, item, timeout)
    trial.new_scene()
    _not_to_be_retried(trial, item, timeout)
    trial.new_scene()
    _is_cancelled(trial, item, timeout)


def _fetch(
    trial: Trial, api: Service, item: str, timeout: float, *, threshold: int, attempts: int, deadline: float
) -> Run:
    return trial.call("robust_fetch", item, **_named(trial, api, timeout, threshold, attempts, deadline))


def _named(
    trial: Trial, api: Service, timeout: float, threshold: int, attempts: int, deadline: float
) -> dict[str, Any]:
    return {
        "call": api,
        "breaker": trial.make(trial.reference("circuit_breaker"), threshold, 60.0),
        "attempts": attempts,
        "deadline": deadline,
        "timeout": timeout,
        "rng": trial.dice("waits"),
    }


def _value(run: Run) -> dict[str, Any]:
    return run.value.value if isinstance(run.value.value, dict) else {}


def _timed_out(run: Run, item: str, status: str) -> bool:
    """Whether it told of a TimeoutError, with whatever text the answer gave to it."""
    told = _value(run)
    error = str(told.get("error"))
    return {**told, "error": ""} == {"id": item, "status": status, "error": ""} and error.startswith(
        "TimeoutError("
    )


def _answers(trial: Trial, item: str, timeout: float) -> None:
    fails = lambda item, attempt: ConnectionError("503") if attempt < 3 else None  # noqa: E731
    api = trial.function("api", "item", latency=0.1, fail=fails)
    run = _fetch(trial, api, item, timeout, threshold=9, attempts=4, deadline=20.0)
    waits = _waits(run)

    run.value.equals(
        {"id": item, "status": "ok", "data": api.reply(item)}, "tries again, and returns the data", gate=True
    )
    run.calls(api).equals(3, "makes no call more than it takes")
    run.requires(
        all(wait <= min(1.0, 0.1 * 2**n) + TIME_TOLERANCE for n, wait in enumerate(waits)) and any(waits),
        "waits between the tries, within the bounds of `retry`",
        f"it waited {', '.join(format_seconds(round(wait, 3)) for wait in waits) or 'never'}; "
        "the bounds are 0.1 s and 0.2 s",
    )
    run.explain(
        when=run.raised != "",
        say="What became of the item was asked for, as a dict, and not its error.",
    )


def _never_answers(trial: Trial, item: str, timeout: float) -> None:
    api = trial.function("api", "item", latency=0.1, fail=ConnectionError("down"))
    run = _fetch(trial, api, item, timeout, threshold=99, attempts=9, deadline=60.0)
    longest, calls = max(_waits(run), default=0.0), run.record.calls("api")
    idle = run.record.elapsed - (calls[-1].end or 0.0) if len(calls) == 9 else 0.0

    run.requires(
        longest <= 1.0 + TIME_TOLERANCE,
        "waits no longer than 1.0 s, however often it has failed",
        f"it waited {format_seconds(round(longest, 3))}",
    )
    run.requires(
        idle <= TIME_TOLERANCE,
        "tells of the last failure at once",
        f"it told of it {format_seconds(round(idle, 3))} later",
    )
    run.explain(
        when=idle > TIME_TOLERANCE,
        say="There was one more wait after the last try, and nothing to wait for.",
    )


def _waits(run: Run) -> list[float]:
    calls = run.record.calls("api")
    return [later.start - (earlier.end or 0.0) for earlier, later in pairwise(calls)]


def _too_slow(trial: Trial, item: str, timeout: float) -> None:
    api = trial.function("api", "item", latency=lambda dice, item: 10.0)
    run = _fetch(trial, api, item, timeout, threshold=9, attempts=3, deadline=20.0)
    took = [round((call.end or 0.0) - call.start, 6) for call in run.record.calls("api")]

    run.requires(
        took == [timeout] * 3,
        "gives each try a timeout of its own",
        f"the tries took {', '.join(map(format_seconds, took)) or 'no time'}, where three times "
        f"{format_seconds(timeout)} were expected",
        weight=3,
    )
    run.requires(
        _timed_out(run, item, "failed"),
        "tells of the last try's timeout: failed",
        f"the last try took too long, and `robust_fetch` {run.ending}",
    )
    run.explain(
        when=len(took) == 1 and took[0] >= timeout - TIME_TOLERANCE,
        say="There was no second try after a timeout: each try has a timeout of its own, and a TimeoutError "
        "is tried again.",
    )


def _breaker_opens(trial: Trial, item: str, timeout: float) -> None:
    api = trial.function("api", "item", latency=0.1, fail=ConnectionError("down"))
    run = _fetch(trial, api, item, timeout, threshold=2, attempts=5, deadline=20.0)

    run.calls(api).equals(2, "asks the breaker at each try", weight=3)
    run.requires(
        _value(run).get("status") == "rejected" and "CircuitOpen" in str(_value(run).get("error")),
        "tells of a call that the breaker did not make: rejected",
        f"the breaker was open, and `robust_fetch` {run.ending}",
        weight=2,
    )
    run.explain(
        when=run.calls(api) == 5,
        say="The breaker stands outside of the tries, so five failures counted as one: it never opened.",
    )


def _timeouts_open_the_breaker(trial: Trial, item: str, timeout: float) -> None:
    api = trial.function("api", "item", latency=lambda dice, item: 10.0)
    run = _fetch(trial, api, item, timeout, threshold=2, attempts=5, deadline=20.0)

    run.calls(api).equals(2, "lets a timeout count as a failure for the breaker", weight=3)
    run.explain(
        when=run.calls(api) > 2,
        say="The timeout cancelled the breaker's call from outside, and a cancelled call counts for nothing. "
        "Put the timeout into what the breaker calls.",
    )


def _deadline_passes(trial: Trial, item: str, timeout: float) -> None:
    deadline = 2.5 * timeout
    api = trial.function("api", "item", latency=timeout * 0.9, fail=ConnectionError("down"))
    run = _fetch(trial, api, item, timeout, threshold=99, attempts=50, deadline=deadline)

    run.elapsed.at_most(deadline, "keeps the deadline over all tries and waits", weight=3)
    run.requires(
        _timed_out(run, item, "late"),
        "tells that the time was up: late",
        f"the deadline passed, and `robust_fetch` {run.ending}",
    )
    run.left_running(api).equals(0, "leaves nothing in flight")


def _not_to_be_retried(trial: Trial, item: str, timeout: float) -> None:
    api = trial.function("api", "item", latency=0.1, fail=ValueError("400"))
    run = _fetch(trial, api, item, timeout, threshold=9, attempts=4, deadline=20.0)

    run.value.equals(
        {"id": item, "status": "failed", "error": "ValueError('400')"}, "tells of any other error: failed"
    )
    run.calls(api).equals(1, "does not try again what cannot pass", weight=2)


def _is_cancelled(trial: Trial, item: str, timeout: float) -> None:
    api = trial.function("api", "item", latency=lambda dice, item: 10.0)
    named = _named(trial, api, 5.0, 9, 4, 20.0)
    trial.at(0.0, None, "cancelled_after", 0.5, trial.learners("robust_fetch"), item, **named)
    trial.at(9.0, None, "ping")
    run = trial.drive("robust_fetch")

    run.requires(
        len(run.record.calls("api")) == 1 and run.record.calls("api")[0].end == 0.5,
        "stops when it is cancelled",
        f"it was cancelled at 0.5 s, and made {len(run.record.calls('api'))} calls, the last until "
        f"{format_seconds(run.record.calls('api')[-1].end or 0.0) if run.record.calls('api') else 'never'}",
    )
    run.reply(1).equals("was cancelled", "lets its own cancellation go on")
