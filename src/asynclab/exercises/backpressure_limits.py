"""The exercises of 04 Backpressure about limits: so many a second, and so many at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.record import Call
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


#: How long a call takes when the other side is not pressed (s), and from when on a block is too slow.
LATENCY, TARGET = 0.1, 0.15

#: Blocks after which it has settled: at the beginning, where nothing is known, and after a change.
SETTLED_FIRST, SETTLED = 480, 320

#: The promise is 90 %; where in its rise and fall a limit is when a stretch begins makes some per cent of it.
ENOUGH = 0.85


@exercise(
    "adaptive_limiter",
    points=8,
    minutes=30,
    difficulty=5,
    importance=3,
    lines=32,
    budget=2,
    hints=(
        "If 40 are in flight and each took twice as long as when 10 were, was more done in a second?",
        (
            "Add to the limit while blocks are quick, about one for each round of `limit` blocks; "
            "multiply it "
            "by less than one when a block was slow, and then not again for blocks that had begun before."
        ),
        (
            "In `__aexit__`: quick: `level += 1 / level`. Slow, and begun after the last cut: `level = "
            "max(1.0, 0.75 * level)`, note the time. `limit` is `int(level)`. Waiters are futures in a "
            "deque; "
            "wake as many as fit, skip those that are done; who is cancelled with a place in hand gives it "
            "back."
        ),
    ),
)
def adaptive_limiter(trial: Trial) -> None:
    """Finds the other side's capacity by the latency alone, follows it, and loses no place."""
    if not _at_first(trial):
        return  # what else is amiss comes of it
    for scene in (
        _follows,
        _ever_slow,
        _blocks_that_raise,
        _blocks_cancelled,
        _waits_cancelled,
        _cancelled_when_handed_over,
    ):
        trial.new_scene()
        scene(trial)


def _at_first(trial: Trial) -> bool:
    """Whether as many run at once as the limit says, and who waits is let in."""
    initial = trial.count(2, 5)
    service = trial.service("api", latency=LATENCY)
    limiter = trial.make("AdaptiveLimiter", initial, TARGET)
    for number in range(initial + 3):
        trial.at(0.0, None, "within", limiter, service.bound("get", f"client-{number}"), patience=5.0)
    trial.at(0.05, limiter, "limit")
    run = trial.drive("AdaptiveLimiter")

    starts = [call.start for call in run.record.calls("api")]
    first = sum(start <= TIME_TOLERANCE for start in starts)
    early = sum(TIME_TOLERANCE < start < LATENCY - TIME_TOLERANCE for start in starts)
    right = first == initial and not early and len(starts) == initial + 3
    run.requires(
        right,
        "lets so many run at once as the limit says, `initial` at first",
        f"with initial={initial}, {first} blocks of {initial + 3} began at once, and "
        f"{len(starts) - first} later",
        gate=True,
    )
    limit = run.request(initial + 4).value
    run.requires(
        type(limit) is int and limit == initial,
        "tells its limit as a whole number",
        f"`limit` was {limit!r} before any block had ended, {initial} was expected",
    )
    run.explain(
        when=first > initial,
        say="Count those that run before you let one more in: where `limit` run already, the next one waits.",
    )
    run.explain(
        when=first == initial == len(starts),
        say="Somebody waits and is never let in: when a block ends, wake the next.",
    )
    return right


def _follows(trial: Trial) -> None:
    knee = 2 * trial.count(6, 12)
    rate = knee / LATENCY
    halved = (SETTLED_FIRST + 560) / rate
    back = halved + (SETTLED + 200) / (rate / 2)
    end = back + (SETTLED + 200) / rate
    service = trial.service(
        "api", latency=LATENCY, knee=lambda at: knee // 2 if halved <= at < back else knee
    )
    limiter = trial.make("AdaptiveLimiter", trial.count(2, 5), TARGET)
    clients = 4 * knee
    trial.returning(
        None,
        "within",
        clients,
        math.ceil((end - back + halved) * rate / clients + (back - halved) * rate / 2 / clients) + 6,
        args=lambda client: (limiter, service.bound("get", f"client-{client}")),
    )
    run = trial.drive("AdaptiveLimiter")

    ended = sorted(
        (call for call in run.record.calls("api") if call.how == "reply"), key=lambda call: call.end or 0.0
    )
    phases = (
        ("before", 0.0, halved, SETTLED_FIRST, rate),
        ("while it was halved", halved, back, SETTLED, rate / 2),
        ("after it had come back", back, end, SETTLED, rate),
    )
    settled = [_settled(ended, begin, until, skip) for _, begin, until, skip, _ in phases]
    rates = [_rate(calls, until) for calls, (_, _, until, _, _) in zip(settled, phases, strict=True)]
    slow = [_p99(calls) for calls in settled]
    words = [name for name, *_ in phases]
    best = [phase[-1] for phase in phases]
    low = [n for n in range(3) if rates[n] < ENOUGH * best[n]]
    run.requires(
        not low,
        "lets through about 90 % of what the other side can do, also when that changes",
        f"{words[low[0]]} {rates[low[0]]:.0f} blocks ended a second, where {best[low[0]]:.0f} can"
        if low
        else "",
    )
    high = [n for n in range(3) if slow[n] > 2 * TARGET + TIME_TOLERANCE]
    run.requires(
        not high,
        "keeps 99 % of the blocks within 2 * target",
        f"{words[high[0]]} the p99 of the blocks was "
        f"{'infinite' if math.isinf(slow[high[0]]) else format_seconds(slow[high[0]])}, "
        f"{format_seconds(2 * TARGET)} is enough"
        if high
        else "",
    )
    run.explain(
        when=bool(high) and not low,
        say="Everything that can be done is done, and the rest stands in line at the other side: a limit "
        "above its capacity buys latency only. Cut it when blocks are slow.",
    )
    run.explain(
        when=bool(low) and low != [2],
        say="Less is let through than the other side could do: the limit stays too low, or falls too far. "
        "Add "
        "while blocks are quick; cut once for one overload, not for each of its blocks, and by a part.",
    )
    run.explain(
        when=low == [2],
        say="It does not find its way back after the capacity has returned: forget old measurements, and "
        "go on adding.",
    )


def _settled(ended: list[Call], begin: float, until: float, skip: int) -> list[Call]:
    """The blocks that ended in this stretch of time, without the first ones of it."""
    return [call for call in ended if begin <= (call.end or 0.0) < until][skip:]


def _rate(calls: list[Call], until: float) -> float:
    """Blocks a second, from the first of them to the end of the stretch."""
    return len(calls) / (until - (calls[0].end or 0.0)) if calls else 0.0


def _p99(calls: list[Call]) -> float:
    took = sorted((call.end or 0.0) - call.start for call in calls)
    return took[math.ceil(0.99 * len(took)) - 1] if took else 0.0


def _ever_slow(trial: Trial) -> None:
    service = trial.service("api", latency=3 * TARGET)
    limiter = trial.make("AdaptiveLimiter", 4, TARGET)
    trial.returning(
        None,
        "within",
        5,
        8,
        args=lambda client: (limiter, service.bound("get", f"client-{client}")),
        patience=9.0,
    )
    trial.at(10.0, limiter, "limit")
    run = trial.drive("AdaptiveLimiter")
    done = sum(call.how == "reply" for call in run.record.calls("api"))
    limits = [request.value for request in run.record.requests if request.method == "limit"] or [None]
    run.requires(
        done == 40 and all(isinstance(limit, int) and limit >= 1 for limit in limits),
        "lets at least one through, however slow the other side is",
        f"{done} of 40 blocks ended, where each takes {format_seconds(3 * TARGET)}; the limit was "
        f"{limits[0]!r}",
    )
    run.explain(
        when=done < 40,
        say="A limit of 0 lets nobody in, so nothing is ever measured again: keep it at 1 or more.",
    )


def _places_are_free(run: Run, what: str) -> str:
    """How the last client was served, for a sentence."""
    last = run.record.requests[-1]
    return (
        f"after {what}, a client that came later "
        f"{'was let in' if last.how == 'reply' else 'was never let in'}"
    )


def _blocks_that_raise(trial: Trial) -> None:
    service = trial.service("api", latency=0.05, fail={"bad": ConnectionError("reset")}, keys=("bad", "good"))
    limiter = trial.make("AdaptiveLimiter", 2, TARGET)
    for number in range(24):
        trial.at(0.2 * number, None, "within", limiter, service.bound("get", "bad"), patience=1.0)
    trial.at(9.0, None, "within", limiter, service.bound("get", "good"), patience=5.0)
    run = trial.drive("AdaptiveLimiter")
    last = run.request(25)
    run.requires(
        last.how == "reply" and last.latency <= 0.05 + TIME_TOLERANCE,
        "gives the place back when a block raises",
        _places_are_free(run, "24 blocks that raised"),
    )
    errors = {(request.how, request.error) for request in run.record.requests[:24]}
    run.requires(
        errors <= {("error", "ConnectionError"), ("departed", ""), ("open", "")},
        "lets an exception leave the block",
        "a block raised ConnectionError, and outside of it nothing was raised, or something else",
    )


def _blocks_cancelled(trial: Trial) -> None:
    service = trial.service("api", latency={"slow": 0.1, "good": 0.05})
    limiter = trial.make("AdaptiveLimiter", 2, TARGET)
    for number in range(24):
        trial.at(0.2 * number, None, "within", limiter, service.bound("get", "slow"), patience=0.04)
    trial.at(9.0, None, "within", limiter, service.bound("get", "good"), patience=5.0)
    run = trial.drive("AdaptiveLimiter")
    last = run.request(25)
    run.requires(
        last.how == "reply" and last.latency <= 0.05 + TIME_TOLERANCE,
        "gives the place back when a block is cancelled",
        _places_are_free(run, "24 blocks that were cancelled"),
    )


def _waits_cancelled(trial: Trial) -> None:
    service = trial.service("api", latency={"long": 5.0, "good": 0.05})
    limiter = trial.make("AdaptiveLimiter", 1, TARGET)
    trial.at(0.0, None, "within", limiter, service.bound("get", "long"))
    for number in range(24):
        trial.at(0.1 + 0.1 * number, None, "within", limiter, service.bound("get", "good"), patience=0.05)
    trial.at(9.0, None, "within", limiter, service.bound("get", "good"), patience=5.0)
    run = trial.drive("AdaptiveLimiter")
    last, first = run.request(26), run.request(1)
    run.requires(
        first.how == "reply" and last.how == "reply" and last.latency <= 0.05 + TIME_TOLERANCE,
        "hands no place to who has left",
        f"the block that was running {_ended(first.how, first.error)}; "
        + _places_are_free(run, "24 clients that left while they waited"),
    )
    run.explain(
        when=first.how == "error",
        say="Somebody who has left is woken: their future is done. Skip waiters that are `done()`.",
    )


def _ended(how: str, error: str) -> str:
    return f"ended in {error}" if how == "error" else "ended well" if how == "reply" else "did not end"


def _cancelled_when_handed_over(trial: Trial) -> None:
    """The first in line is handed the place, and is cancelled before it has run."""
    service = trial.service("api", latency=0.05)
    limiter = trial.make("AdaptiveLimiter", 1, TARGET)
    calls = [service.bound("get", f"client-{number}") for number in range(3)]
    trial.at(0.0, None, "cancelled_at_the_handover", limiter, 2 * TARGET, calls, patience=5.0)
    trial.at(4.0, limiter, "limit")
    run = trial.drive("AdaptiveLimiter")
    served = sum(call.how == "reply" for call in run.record.calls("api"))
    run.requires(
        served >= 2,
        "passes a place on from who was cancelled when it was handed over",
        f"the first of three in line was handed the place and cancelled at that moment; of the two behind it "
        f"{served} {'was' if served == 1 else 'were'} let in",
    )
    run.explain(
        when=served < 2 and run.request(2).value != 0,
        say="The place was handed to a waiter that was cancelled before it ran: its `await` raises, and what "
        "it was given is lost. Catch CancelledError around that `await`, hand the place on, raise again.",
    )
