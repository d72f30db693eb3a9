"""The exercises of 03 When things fail about trying again, and about when to stop."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from asynclab.exercise import exercise
from asynclab.exercises.errors import ends_of, over_by, slow_calls
from asynclab.measure import TIME_TOLERANCE
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.record import Call
from asynclab.service import Service
from asynclab.trial import Trial

NOTEBOOK = "03_errors"

#: So many clients draw their waits, so that a part of them can be judged: a right answer that draws 600 waits
#: is outside of these shares of a quarter once in 10**10 times.
CLIENTS, SHARES = 200, (0.135, 0.365)


@exercise(
    "retry",
    points=7,
    minutes=15,
    difficulty=3,
    importance=5,
    lines=9,
    hints=(
        "How many waits are there between `attempts` calls, and which failures deserve one?",
        "A loop over the attempts, a `try` in it; the last attempt stands alone, outside of the `try`.",
        (
            "`for n in range(attempts - 1):` try to `return await call()`; `except retry_on:` sleep for "
            "`rng.uniform(0, min(cap, base * 2**n))`; after the loop, `return await call()`."
        ),
    ),
)
def retry(trial: Trial) -> None:
    """Waits judged by bounds and spread over many clients, never by the dice."""
    attempts = trial.count(4, 5)
    base = trial.vary(0.1, 0.4)
    cap = base * trial.vary(2.2, 3.2)  # between the second and the third bound: each world tells it apart
    _all_attempts_fail(trial, attempts, base, cap)
    trial.new_scene()
    _one_succeeds(trial, base, cap)
    trial.new_scene()
    _not_to_be_retried(trial, base, cap)
    trial.new_scene()
    _who_left_does_not_call(trial, base, cap)
    trial.new_scene()
    _the_same_dice(trial, base, cap)


def _all_attempts_fail(trial: Trial, attempts: int, base: float, cap: float) -> None:
    api = trial.service(
        "api", latency=0.05, fail=lambda key, attempt: ConnectionError(f"503, attempt {attempt}")
    )
    for client in range(CLIENTS):
        _client(trial, api, client, attempts, base, cap)
    run = trial.drive("retry")
    tries, waits = _tries(run), _waits(run)
    bounds = [min(cap, base * 2**n) for n in range(attempts - 1)]
    shares = _quarters(waits, bounds)
    beyond = [(n, wait) for n, ones in enumerate(waits) for wait in ones if not _within(n, wait, bounds)]

    run.requires(
        all(len(calls) == attempts for calls in tries.values()) and len(tries) == CLIENTS,
        "makes as many attempts as it may",
        f"{attempts} were allowed, and a client made {_odd_count(tries, attempts)}",
        gate=True,
    )
    run.requires(
        not beyond,
        "waits no longer than the bound after each failure",
        _beyond(beyond[0], bounds) if beyond else "",
        weight=3,
    )
    run.requires(
        all(SHARES[0] <= share <= SHARES[1] for share in shares),
        "spreads its waits evenly from 0 to the bound",
        "of the waits, "
        + ", ".join(f"{share:.0%}" for share in shares)
        + " fell into the four quarters from 0 to the bound",
        weight=5,
    )
    run.requires(
        not _alike(tries, bounds),
        "draws each wait anew",
        "each client waited for the same share of the bound, after one failure as after the next",
    )
    ends = [request for request in run.record.requests if request.value == f"503, attempt {attempts}"]
    run.requires(
        len(ends) == len(run.record.requests),
        "raises the error of the last attempt",
        f"a client's ending was {_other_ending(run, attempts)}",
        weight=2,
    )
    late = [
        request.end - last
        for request, last in zip(run.record.requests, _last_ends(run), strict=False)
        if request.end is not None and request.end > last + TIME_TOLERANCE
    ]
    run.requires(
        not late,
        "does not wait after the last attempt",
        f"a client still waited for {format_seconds(late[0])} before it heard of it" if late else "",
        weight=2,
    )

    run.explain(
        when=all(len(set(ones)) <= 2 for ones in _rounded(waits)) and bool(waits),
        say="There is no jitter: clients that fail together come back together, at the same instant.",
    )
    run.explain(
        when=bool(tries) and all(len(calls) == attempts + 1 for calls in tries.values()),
        say="That is one call too many: `attempts` counts all calls, the first one too.",
    )
    run.explain(
        when=shares[0] + shares[1] < 0.01 and not beyond,
        say="The waits lie in the upper half only. Full jitter begins at 0: `rng.uniform(0, bound)`.",
    )
    run.explain(
        when=any(request.how == "reply" for request in run.record.requests),
        say="All attempts failed, and the caller was given a value: raise the last error.",
    )


def _client(
    trial: Trial, api: Service, client: int, attempts: int, base: float, cap: float, **options: Any
) -> None:
    dice = options.pop("dice", f"client {client}")
    trial.at(
        0.0,
        trial.learners("retry"),
        "__call__",
        api.bound("get", f"client-{client}"),
        attempts=attempts,
        base=base,
        cap=cap,
        rng=trial.dice(dice),
        retry_on=(ConnectionError, TimeoutError),
        **options,
    )


def _tries(run: Run) -> dict[str, list[Call]]:
    """The calls of each client, in order."""
    tries: dict[str, list[Call]] = defaultdict(list)
    for call in run.record.calls("api"):
        tries[call.label].append(call)
    return tries


def _waits(run: Run) -> list[list[float]]:
    """Seconds from the n-th failure to the next call, of all clients."""
    waits: list[list[float]] = []
    for calls in _tries(run).values():
        for n, (one, following) in enumerate(pairwise(calls)):
            if n == len(waits):
                waits.append([])
            waits[n].append(following.start - (one.end or 0.0))
    return waits


def _rounded(waits: list[list[float]]) -> list[list[float]]:
    return [[round(wait, 6) for wait in ones] for ones in waits]


def _within(n: int, wait: float, bounds: Sequence[float]) -> bool:
    return n >= len(bounds) or -TIME_TOLERANCE <= wait <= bounds[n] + TIME_TOLERANCE


def _quarters(waits: list[list[float]], bounds: Sequence[float]) -> list[float]:
    """Which part of all waits lies in each quarter from 0 to its bound."""
    counts = [0, 0, 0, 0]
    for ones, bound in zip(waits, bounds, strict=False):
        for wait in ones:
            counts[min(3, max(0, int(4 * wait / bound)))] += 1
    return [count / max(1, sum(counts)) for count in counts]


def _alike(tries: dict[str, list[Call]], bounds: Sequence[float]) -> bool:
    """Whether the first two waits of most clients are the same share of their bounds."""
    waits = [
        [later.start - (earlier.end or 0.0) for earlier, later in pairwise(calls[:3])]
        for calls in tries.values()
    ]
    same = sum(
        abs(ones[0] / bounds[0] - ones[1] / bounds[1]) < 1e-4
        for ones in waits
        if len(ones) == len(bounds[:2])
    )
    return 0 < len(tries) < 2 * same and max(wait for ones in waits for wait in ones) > TIME_TOLERANCE


def _beyond(found: tuple[int, float], bounds: Sequence[float]) -> str:
    n, wait = found
    waited, bound = format_seconds(wait), format_seconds(bounds[n])
    return f"after failure {n + 1} a client waited {waited}, and the bound is {bound}"


def _odd_count(tries: dict[str, list[Call]], attempts: int) -> int:
    return next((len(calls) for calls in tries.values() if len(calls) != attempts), 0)


def _other_ending(run: Run, attempts: int) -> str:
    for request in run.record.requests:
        if request.value != f"503, attempt {attempts}":
            return f"{request.error or request.how} ({request.value})"
    return "another"


def _last_ends(run: Run) -> list[float]:
    """When the last call of each client ended, in the order of the clients."""
    tries = _tries(run)
    return [tries[f"client-{n}"][-1].end or 0.0 if f"client-{n}" in tries else 0.0 for n in range(CLIENTS)]


def _one_succeeds(trial: Trial, base: float, cap: float) -> None:
    lucky = trial.count(2, 3)
    api = trial.service(
        "api", latency=0.05, fail=lambda key, attempt: TimeoutError("504") if attempt < lucky else None
    )
    _client(trial, api, 1, 5, base, cap)
    run = trial.drive("retry")

    run.reply(1).equals(api.reply("client-1"), "returns the value of the attempt that succeeds")
    run.calls(api).equals(lucky, "makes no call after a success")


def _not_to_be_retried(trial: Trial, base: float, cap: float) -> None:
    errors = {"client-1": ValueError("400"), "client-2": asyncio.CancelledError()}
    api = trial.service("api", latency=0.05, fail=lambda key, attempt: errors[key])
    for client in (1, 2):
        _client(trial, api, client, 3, base, cap)
    run = trial.drive("retry")
    calls = {name: len(ones) for name, ones in _tries(run).items()}

    run.requires(
        calls.get("client-1") == 1 and run.request(1).error == "ValueError",
        "does not retry an error that is not in `retry_on`",
        f"the call failed with ValueError, it was made {calls.get('client-1', 0)} times, and the caller "
        f"got {run.request(1).error or run.request(1).how}",
        weight=3,
    )
    run.requires(
        calls.get("client-2") == 1 and run.request(2).error == "CancelledError",
        "does not retry a cancellation",
        f"the call was cancelled, it was made {calls.get('client-2', 0)} times, and the caller "
        f"got {run.request(2).error or run.request(2).how}",
        weight=2,
    )


def _who_left_does_not_call(trial: Trial, base: float, cap: float) -> None:
    api = trial.service("api", latency=0.05, fail=ConnectionError("503"))
    for client in range(10):
        _client(trial, api, client, 5, base, cap, patience=0.12)
    trial.at(9.0, None, "ping")
    run = trial.drive("retry")
    last = max((call.start for call in run.record.calls("api")), default=0.0)

    run.requires(
        last <= 0.12 + TIME_TOLERANCE,
        "makes no call after it was cancelled",
        f"it was cancelled at 0.12 s, and made a call at {format_seconds(last)}",
    )


def _the_same_dice(trial: Trial, base: float, cap: float) -> None:
    api = trial.service("api", latency=0.05, fail=ConnectionError("503"))
    for client in (1, 2):
        _client(trial, api, client, 5, base, cap, dice="the same")
    run = trial.drive("retry")
    ones = [[round(call.start, 6) for call in calls] for calls in _tries(run).values()]

    run.requires(
        len(ones) == 2 and ones[0] == ones[1],
        "draws its waits from `rng`",
        "two clients with the same dice in `rng` waited differently",
    )


@exercise(
    "with_deadline",
    points=6,
    minutes=15,
    difficulty=4,
    importance=5,
    lines=12,
    hints=(
        "When the time is up, which of the calls are over, and who still has their results?",
        "Tasks, `asyncio.wait` with a timeout, and then a look at each of them.",
        (
            "`done, _ = await asyncio.wait(tasks, timeout=seconds)`, if there are any; in `finally`, cancel "
            "all and `await asyncio.gather(*tasks, return_exceptions=True)`; then sort: in `done` with an "
            "`exception()`, in `done` without, and the rest."
        ),
    ),
)
def with_deadline(trial: Trial) -> None:
    """One deadline for all: what came in time, what failed in time, and what was late and is cancelled."""
    seconds = trial.vary(1.0, 2.0)
    late = trial.count(2, 4)
    latencies = {"quick": 0.2, "broken": 0.4, "gave-up": 0.6, "steady": seconds - 0.2}
    latencies |= {f"slow-{n}": seconds + n for n in range(1, late + 1)}
    errors = {"broken": ConnectionError("down"), "gave-up": TimeoutError("upstream")}
    names = list(latencies)
    trial.dice("order of the calls").shuffle(names)
    store = trial.service("store", latency=latencies, fail=errors)
    run = trial.call("with_deadline", {name: store.bound("get", name) for name in names}, seconds)
    done = {name: store.reply(name) for name in ("quick", "steady")}
    expected = {"done": done, "failed": errors, "late": [name for name in names if name.startswith("slow")]}

    run.value.equals(expected, "tells what is done, what failed in time, and what is late", gate=True)
    run.elapsed.at_most(seconds, "keeps the deadline", weight=2)
    run.left_running(store).equals(0, "leaves nothing running", weight=3)
    run.calls(store).at_most(len(names), "makes each call once")

    value = run.value.value if isinstance(run.value.value, dict) else {}
    run.explain(
        when=run.peak(store) == 1,
        say="The calls were made one after the other; the deadline is for all of them together.",
    )
    run.explain(
        when=value.get("done") == {} and value.get("failed") == {},
        say="What was there in time is lost: `wait_for` around `gather` cancels the lot and gives nothing.",
    )
    run.explain(
        when=isinstance(value.get("late"), list) and "gave-up" in value["late"],
        say="The call `gave-up` raised a TimeoutError of its own, in time: it has failed, and is not late.",
    )
    run.explain(
        when=run.raised in ("ConnectionError", "ExceptionGroup", "TimeoutError"),
        say="One failure disturbed the others: it ended all of them.",
    )
    run.explain(
        when=any(call.how != "cancel" for call in run.record.in_flight_at_return(store.name)),
        say="The late calls run on: nobody cancelled them.",
    )
    run.explain(
        when=run.left_running(store) > 0,
        say="The late calls were cancelled and not waited for: `cancel()` only asks.",
    )
    trial.new_scene()
    _all_in_time(trial)
    trial.new_scene()
    run = trial.call("with_deadline", {}, 1.0)
    run.value.equals({"done": {}, "failed": {}, "late": []}, "gives three empty parts for no calls")
    trial.new_scene()
    _late_ones_are_slow_to_stop(trial)
    trial.new_scene()
    _deadline_is_cancelled(trial)


def _all_in_time(trial: Trial) -> None:
    store = trial.service("store", latency={"one": 0.3, "two": trial.vary(0.4, 0.8)})
    run = trial.call("with_deadline", {name: store.bound("get", name) for name in ("two", "one")}, 5.0)

    run.elapsed.at_most(store.slowest, "returns when all are over, before the deadline")


def _late_ones_are_slow_to_stop(trial: Trial) -> None:
    store = trial.service("store", latency={"one": 0.3, "two": trial.vary(2.0, 3.0)})
    closing = trial.function("close", latency=0.2)
    calls = {name: trial.fixture("SlowToStop", store.bound("get", name), closing) for name in ("two", "one")}
    run = trial.call("with_deadline", calls, 1.0)

    run.left_running(closing).equals(0, "waits for late calls that take a moment to stop")


def _deadline_is_cancelled(trial: Trial) -> None:
    store, calls = slow_calls(trial)
    named = {str(call.args[0]): call for call in calls}
    trial.at(0.0, None, "cancelled_after", 0.5, trial.learners("with_deadline"), named, 20.0)
    trial.at(9.0, None, "ping")
    run = trial.drive("with_deadline")

    run.requires(
        over_by(run, 0.5, store),
        "cancels its calls when it is cancelled itself",
        f"it was cancelled at 0.5 s, and of its calls {ends_of(run, store)}",
        weight=2,
    )
    run.reply(1).equals("was cancelled", "lets its own cancellation go on")
