"""The exercise of 04 Backpressure about so many at once, as many as the other side can do."""

from __future__ import annotations

import math

from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.quantiles import nearest_rank
from asynclab.record import Call
from asynclab.trial import Trial

NOTEBOOK = "04_backpressure"

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
    return nearest_rank(took, 0.99) if took else 0.0


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
