"""The exercise of 04 Backpressure about so many a second."""

from __future__ import annotations

import math
from collections.abc import Sequence

from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.trial import Trial

NOTEBOOK = "04_backpressure"

#: A request to a bucket: when it comes (s), for how many tokens, and how long it waits (s) or None.
Wanted = tuple[float, int, float | None]


def when_served(rate: float, burst: int, wanted: Sequence[Wanted]) -> list[float | None]:
    """When a bucket on paper serves the requests, first come first served; None for those who leave.

    >>> when_served(10.0, 2, [(0.0, 2, None), (0.0, 2, 0.1), (0.05, 1, None)])
    [0.0, None, 0.1]
    """
    level, at, served = float(burst), 0.0, list[float | None]()
    for arrival, n, patience in wanted:
        now = max(at, arrival)  # it is the first in line from now on
        level, at = min(float(burst), level + (now - at) * rate), now
        ready = now + max(0.0, n - level) / rate
        leaves = math.inf if patience is None else arrival + patience
        if ready > leaves:
            moved = max(at, leaves)  # those behind move up when it leaves
            level, at = min(float(burst), level + (moved - at) * rate), moved
            served.append(None)
        else:
            level, at = level + (ready - at) * rate - n, ready
            served.append(ready)
    return served


@exercise(
    "token_bucket",
    points=7,
    minutes=25,
    difficulty=4,
    importance=4,
    lines=18,
    hints=(
        "How many tokens are there now, if there were 3 half a second ago? Who may look while one waits?",
        (
            "Keep the level and the time at which it was right; bring it up to date before you look. One "
            "waits for tokens at a time, under an `asyncio.Lock`: the lock is first come, first served."
        ),
        (
            "`async with self._lock:` bring the level up to date with `time.monotonic()`, at most `burst`; "
            "if it is below n, `await asyncio.sleep((n - level) / rate)` and bring it up to date again; take "
            "n. Before the lock: `if n > self._burst: raise ValueError`."
        ),
    ),
)
def token_bucket(trial: Trial) -> None:
    """Everybody's time to the microsecond, against a bucket on paper."""
    rate, burst = float(trial.count(3, 20)), trial.count(4, 8)
    slow = burst / rate  # seconds that an empty bucket takes to be full

    small: list[Wanted] = [(0.001 * n, 1, None) for n in range(burst + 4)]
    run = _serve(trial, rate, burst, small)
    _requires_served(run, rate, burst, small)
    _explain_token_bucket(run, rate, burst, small)
    if _misses(run, rate, burst, small):
        return  # what else is amiss comes of it

    for scene in (_fills_up, _first_come, _who_left, _more_than_the_burst):
        trial.new_scene()
        scene(trial, rate, burst, slow)

    after = 1 / rate + 0.5 * slow
    trial.new_scene(wall_steps=[(0.01, 3600.0), (after, -40.0)])
    steps: list[Wanted] = [(0.0, burst, None), (0.02, 1, None), (after + 0.01, burst, None)]
    run = _serve(trial, rate, burst, steps)
    run.requires(
        not _misses(run, rate, burst, steps),
        "measures time with a clock that nobody sets",
        _told(run, rate, burst, steps),
    )
    run.explain(
        when=bool(_misses(run, rate, burst, steps)),
        say="The clock on the wall was set meanwhile, and it made tokens, or took them: `time.monotonic()` "
        "cannot be set.",
    )


def _serve(trial: Trial, rate: float, burst: int, wanted: Sequence[Wanted]) -> Run:
    bucket = trial.make("TokenBucket", rate, burst)
    for at, n, patience in wanted:
        trial.at(at, bucket, "acquire", n, patience=patience)
    return trial.drive("TokenBucket")


def _misses(run: Run, rate: float, burst: int, wanted: Sequence[Wanted]) -> list[int]:
    """The requests, from 1, that were not served at their time, or not as they should have been."""
    misses = []
    for number, due in enumerate(when_served(rate, burst, wanted), start=1):
        request = run.request(number)
        if due is None:
            right = request.how == "departed"
        else:
            right = request.how == "reply" and abs((request.end or 0.0) - due) <= TIME_TOLERANCE
        if not right:
            misses.append(number)
    return misses


def _told(run: Run, rate: float, burst: int, wanted: Sequence[Wanted]) -> str:
    """The first that was served at another time, for a sentence."""
    missed = _misses(run, rate, burst, wanted)
    if not missed:
        return ""
    request, (at, n, _) = run.request(missed[0]), wanted[missed[0] - 1]
    due = when_served(rate, burst, wanted)[missed[0] - 1]
    was = {
        "reply": f"was served at {_exact(request.end)}",
        "error": f"raised {request.error}: {request.value}",
        "departed": "was not served before it left",
    }.get(request.how, "was never served")
    return f"with {rate:g} tokens a second and a burst of {burst}, acquire({n}) at {_exact(at)} {was}; " + (
        "it should have been left waiting" if due is None else f"{_exact(due)} was expected"
    )


def _exact(time: float | None) -> str:
    """Seconds with as many digits as the requirement has."""
    return f"{round(time or 0.0, 6):g} s"


def _requires_served(run: Run, rate: float, burst: int, wanted: Sequence[Wanted]) -> None:
    run.requires(
        not _misses(run, rate, burst, wanted),
        "serves a burst at once, then one after the other as tokens come",
        _told(run, rate, burst, wanted),
        gate=True,
    )


def _explain_token_bucket(run: Run, rate: float, burst: int, wanted: Sequence[Wanted]) -> None:
    ends = [request.end if request.how == "reply" else None for request in run.record.requests]
    served = [end for end in ends if end is not None]
    at_once = sum(end <= 0.02 for end in served)
    run.explain(
        when=run.stopped,
        say="It never came to an end: who waits for tokens must sleep until they are there.",
    )
    run.explain(
        when=at_once == 0,
        say="The bucket is full at first: a burst of requests goes through without a wait.",
    )
    run.explain(
        when=at_once < burst and len(served) == len(wanted),
        say="A bucket with tokens in it lets you through at once. It is no metronome: wait only when there "
        "are too few.",
    )
    run.explain(
        when=at_once > burst,
        say="More went through at once than the burst has tokens: look and take without an `await` between, "
        "or under a lock.",
    )


def _fills_up(trial: Trial, rate: float, burst: int, slow: float) -> None:
    later = 10 * slow
    wanted: list[Wanted] = [(0.0, 2, None), (later, burst, None), (later + 0.001, burst, None)]
    wanted += [(later + 1.5 * slow, 1, None), (later + 1.5 * slow + 0.001, burst, None)]
    run = _serve(trial, rate, burst, wanted)
    run.requires(
        not _misses(run, rate, burst, wanted),
        "gains tokens all the time, and never holds more than the burst",
        _told(run, rate, burst, wanted),
    )
    run.explain(
        when=(run.request(3).end or math.inf) < later + 0.5 * slow,
        say="After a long rest the bucket held more than its burst: `min(burst, ...)`.",
    )


def _first_come(trial: Trial, rate: float, burst: int, slow: float) -> None:
    wanted: list[Wanted] = [(0.0, burst - 1, None), (0.001, burst, None)]
    wanted += [(0.002 + 0.001 * n, 1, None) for n in range(5)]
    run = _serve(trial, rate, burst, wanted)
    run.requires(
        not _misses(run, rate, burst, wanted),
        "serves who came first, first",
        _told(run, rate, burst, wanted),
    )
    run.explain(
        when=(run.request(3).end or math.inf) < (run.request(2).end or math.inf),
        say="A small request overtook a big one. Where small ones keep coming, the big one waits for ever: "
        "stand in line.",
    )


def _who_left(trial: Trial, rate: float, burst: int, slow: float) -> None:
    leaves = round(0.4 * slow, 3)
    wanted: list[Wanted] = [
        (0.0, burst - 1, None),
        (0.001, burst, leaves),  # waits as the first in line, and leaves
        (0.002, 1, None),  # could go when that one leaves
        (0.003, burst, leaves / 2),  # leaves while it stands in the middle
        (0.004, 2, None),
        (0.005, burst, None),
    ]
    run = _serve(trial, rate, burst, wanted)
    run.requires(
        not _misses(run, rate, burst, wanted),
        "takes nothing from who left, and lets those behind move up",
        _told(run, rate, burst, wanted),
    )
    run.explain(
        when=bool(_misses(run, rate, burst, wanted)),
        say="Somebody left while waiting. What was set aside for them, or the time until which the others "
        "were told to sleep, must not outlive them.",
    )


def _more_than_the_burst(trial: Trial, rate: float, burst: int, slow: float) -> None:
    wanted: list[Wanted] = [(0.0, burst, None), (0.001, burst, None)]
    bucket = trial.make("TokenBucket", rate, burst)
    for at, n, _ in wanted:
        trial.at(at, bucket, "acquire", n)
    trial.at(0.5 * slow, bucket, "acquire", burst + 1, patience=100 * slow)
    trial.at(0.6 * slow, bucket, "acquire", 1)
    trial.at(5 * slow, bucket, "acquire", burst)
    run = trial.drive("TokenBucket")
    refused = run.request(3)
    run.requires(
        (refused.how, refused.error) == ("error", "ValueError") and refused.latency <= TIME_TOLERANCE,
        "raises ValueError at once for more than the burst",
        f"acquire({burst + 1}) with a burst of {burst} "
        + (
            f"raised {refused.error} after {format_seconds(refused.latency)}"
            if refused.how == "error"
            else "returned"
            if refused.how == "reply"
            else "was still waiting when it was given up"
        ),
    )
    run.explain(
        when=refused.how not in ("error", "reply"),
        say="So many tokens will never be there at once, and it waits for them for ever, with everybody "
        "behind it.",
    )
    run.explain(
        when=refused.error == "ValueError" and refused.latency > TIME_TOLERANCE,
        say="It stood in line to be refused: look at n before you wait for anything.",
    )
    others = [*wanted, (0.6 * slow, 1, None), (5 * slow, burst, None)]
    due = when_served(rate, burst, others)
    ends = [run.request(number).end for number in (1, 2, 4, 5)]
    run.requires(
        refused.how != "error"
        or all(
            end is not None and at is not None and abs(end - at) <= TIME_TOLERANCE
            for end, at in zip(ends, due, strict=True)
        ),
        "takes nothing when it refuses",
        f"with a refusal at {_exact(0.5 * slow)}, the others were served at {', '.join(map(_exact, ends))}; "
        f"{', '.join(map(_exact, due))} was expected",
    )
