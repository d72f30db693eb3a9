"""The exercises of 01 The event loop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from asynclab.exercise import exercise
from asynclab.measure import TIME_TOLERANCE
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.service import Dice, Service
from asynclab.trial import Trial

NOTEBOOK = "01_event_loop"


@exercise(
    "fetch_all",
    points=4,
    minutes=10,
    difficulty=2,
    importance=5,
    lines=2,
    hints=(
        "On which line may the loop start another fetch?",
        "Start all, then wait.",
        "`asyncio.gather(*...)` takes any number of coroutines and keeps their order.",
    ),
)
def fetch_all(trial: Trial) -> None:
    """All calls in flight together, the values in the order of the keys."""
    keys = trial.names("user", 3, 9)
    latencies = dict(zip(keys, trial.latencies(len(keys), 0.5, 2.5), strict=True))
    store = trial.service("feature-store", latency=latencies)
    run = trial.call("fetch_all", store, keys)

    run.value.equals(
        [store.reply(key) for key in keys], "returns the values in the order of the keys", gate=True
    )
    run.peak(store).at_least(len(keys), "has all fetches in flight together")
    run.elapsed.at_most(store.slowest, "takes as long as the slowest fetch")
    run.calls(store).at_most(len(keys), "asks for each key once")

    run.explain(
        when=run.peak(store) == 1 and run.calls(store) == len(keys),
        say="Each fetch waits for the one before it: there is an `await` inside the loop.",
    )
    run.explain(
        when=run.returned_coroutine,
        say="What you returned has not run yet: a coroutine object does its work when it is awaited. "
        "`await asyncio.gather(*coroutines)` runs them all and gives their values.",
    )
    run.explain(
        when=run.value.is_(
            [store.reply(call.args[0]) for call in sorted(run.record.calls(), key=lambda c: c.end_ns or 0)]
        ),
        say="These are the values in the order in which they arrived. "
        "Remember which value belongs to which key; `asyncio.gather` does it for you.",
    )
    run.explain(
        when=run.left_running(store) > 0,
        say="Tasks were started and not waited for: `await` every task that you make.",
    )
    run.explain(
        when=run.calls(store) > len(keys) and run.peak(store) > len(keys),
        say="Each key was asked for more than once: one call for each key gives all the values.",
    )

    trial.new_scene()
    keys = [f"user-{number}" for number in range(100, 160)]
    store = trial.service("feature-store", latency=0.5)
    run = trial.call("fetch_all", store, keys)
    run.elapsed.at_most(store.slowest, "has sixty keys in the time of one")
    run.explain(
        when=1 < run.peak(store).value < len(keys) and run.elapsed > store.slowest,
        say="Not all of many keys were in flight together: you fetched them in batches, or with a limit.",
    )


@exercise(
    "fetch_first",
    points=6,
    minutes=15,
    difficulty=4,
    importance=4,
    lines=12,
    hints=(
        "When the first answer is there, what are the other calls doing?",
        "Make a task for each replica; when the first succeeds, cancel the rest and wait for them too.",
        (
            "`asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)` in a loop while tasks are pending; "
            "a done task with an `exception()` is no answer; in `finally`, `task.cancel()` for all and "
            "`await asyncio.gather(*tasks, return_exceptions=True)`."
        ),
    ),
)
def fetch_first(trial: Trial) -> None:
    """The first answer wins, the losers are cancelled and awaited; a failure is no answer."""
    key = trial.names("user", 1, 1)[0]
    _all_answer(trial, key)
    trial.new_scene()
    _the_fastest_fails(trial, key)
    trial.new_scene()
    _all_fail(trial, key)
    trial.new_scene()
    _the_slower_are_slow_to_stop(trial, key)


def _replicas(trial: Trial, fails: int = 0, error: type[Exception] = ConnectionError) -> list[Service]:
    """Three to five replicas, of which the `fails` fastest fail; the fastest one is not the first."""
    latencies = trial.latencies(trial.count(3, 5), 0.3, 2.0)
    failing = sorted(latencies)[:fails]
    return [
        trial.service(
            f"replica-{number}",
            latency=latency,
            fail=error(f"replica-{number} is down") if latency in failing else None,
        )
        for number, latency in enumerate(latencies, start=1)
    ]


def _by_speed(replicas: list[Service]) -> list[Service]:
    return sorted(replicas, key=lambda replica: replica.slowest)


def _all_answer(trial: Trial, key: str) -> None:
    replicas = _replicas(trial)
    fastest, last = _by_speed(replicas)[0], _by_speed(replicas)[-1]
    run = trial.call("fetch_first", replicas, key)

    run.value.equals(fastest.reply(key), "returns the first answer", gate=True)
    run.elapsed.at_most(fastest.slowest, "ends when the first answer is there")
    run.left_running().equals(0, "leaves no call running")

    run.explain(
        when=run.elapsed == last.slowest and not run.value.is_(fastest.reply(key)),
        say="You waited for all the answers and took the first in the list, which is not the first in time.",
    )
    run.explain(
        when=run.value.is_(replicas[0].reply(key))
        and len({call.service for call in run.record.calls()}) == 1,
        say="Only the first replica was asked: ask all of them at once, and take whichever answers first.",
    )
    run.explain(
        when=bool(run.record.in_flight_at_return()) and _cancelled_late(run),
        say="The losers were cancelled but not waited for: `cancel()` only asks. "
        "Await the cancelled tasks before you return.",
    )
    run.explain(
        when=bool(run.record.in_flight_at_return()),
        say="The losers are still running when you return: nobody cancelled them.",
    )
    run.explain(
        when=max(call.start for call in run.record.calls()) > 0 if run.record.calls() else False,
        say="The replicas were not all asked at once: some had to wait until they were asked.",
    )
    run.explain(
        when=run.elapsed > fastest.slowest,
        say="The answer was there, and you went on waiting for others.",
    )


def _cancelled_late(run: Run) -> bool:
    """All that was left running ended, cancelled, at the very instant of the return."""
    return all(
        call.how == "cancel" and call.end_ns == run.record.end_ns for call in run.record.in_flight_at_return()
    )


def _the_fastest_fails(trial: Trial, key: str) -> None:
    replicas = _replicas(trial, fails=1, error=OSError)
    failing, fastest = _by_speed(replicas)[:2]
    run = trial.call("fetch_first", replicas, key)

    run.value.equals(fastest.reply(key), "does not take a failure for an answer", gate=True)
    run.elapsed.at_most(fastest.slowest, "ends when the first answer after a failure is there")

    run.explain(
        when=run.raised == "OSError",
        say=f"{failing.name} failed first, and its error ended everything although another replica answers.",
    )
    run.explain(
        when=run.value.is_(None),
        say="A failed replica was counted as the winner, and it has no answer to give.",
    )


def _all_fail(trial: Trial, key: str) -> None:
    replicas = _replicas(trial, fails=5)
    last = _by_speed(replicas)[-1]
    run = trial.call("fetch_first", replicas, key)

    run.raises(ConnectionError, f"{last.name} is down", "raises the last error when all fail")

    run.explain(
        when=run.value.is_(None),
        say="All replicas failed and the caller was told nothing: raise the last error.",
    )
    run.explain(
        when=run.raised == "ConnectionError" and f"{last.name} is down" not in run.ending,
        say="The error raised is not the one that happened last.",
    )
    run.explain(
        when=run.raised == "ExceptionGroup",
        say="The errors came in an ExceptionGroup; the last one itself was asked for.",
    )


def _the_slower_are_slow_to_stop(trial: Trial, key: str) -> None:
    replicas, closing = _replicas(trial), trial.function("close", latency=0.2)
    slow = [trial.fixture("SlowToStop", replica.bound("get"), closing) for replica in replicas]
    run = trial.call("fetch_first", slow, key)

    run.left_running(closing).equals(0, "waits for calls that take a moment to stop")
    run.explain(
        when=run.left_running(closing) > 0,
        say="A call that is cancelled may have something to close first: wait for the tasks themselves, "
        "not for a turn of the loop.",
    )


@exercise(
    "fetch_as_ready",
    points=4,
    minutes=12,
    difficulty=3,
    importance=4,
    lines=6,
    hints=(
        "When could your first `yield` run: after the first answer, or after the last?",
        "Start all the fetches, then take them in the order in which they complete.",
        (
            "`for done in asyncio.as_completed(...)`: `yield await done`; "
            "let each coroutine return `(key, value)`, so that you know whose value it is."
        ),
    ),
)
def fetch_as_ready(trial: Trial) -> None:
    """Pairs in the order in which the answers come, each as soon as it is there."""
    keys = trial.names("user", 3, 8)
    latencies = dict(zip(keys, trial.latencies(len(keys), 0.5, 2.5), strict=True))
    store = trial.service("feature-store", latency=latencies)
    run = trial.iterate("fetch_as_ready", store, keys)
    by_latency = sorted(keys, key=latencies.__getitem__)
    ready = [latencies[key] for key in by_latency]

    run.items.equals_in_any_order(
        [[key, store.reply(key)] for key in keys], "yields each key with its value", gate=True
    )
    run.items.equals(
        [[key, store.reply(key)] for key in by_latency], "yields in the order in which the answers come"
    )
    run.item_delay(ready).at_most(0, "yields each pair as soon as its answer is there")
    run.elapsed.at_most(store.slowest, "takes as long as the slowest fetch")
    run.calls(store).at_most(len(keys), "asks for each key once")

    run.explain(
        when=run.peak(store) == 1 and run.calls(store) == len(keys),
        say="Each fetch waits for the one before it: start them all before you wait for any.",
    )
    run.explain(
        when=bool(run.record.items) and run.record.items[0][0] == store.slowest,
        say="All the answers were collected before the first `yield`: "
        "a consumer gets nothing until the slowest is there.",
    )
    run.explain(
        when=run.items.is_([[key, store.reply(key)] for key in keys]) and run.peak(store) == len(keys),
        say="The pairs come in the order of the keys: a fast answer waits behind a slow one.",
    )
    run.explain(
        when=run.items.is_([store.reply(key) for key in by_latency]),
        say="Only the values were yielded, so nobody can tell whose they are: yield `(key, value)`.",
    )


@exercise(
    "load_sharded_checkpoint",
    points=5,
    minutes=15,
    difficulty=3,
    importance=4,
    lines=8,
    hints=(
        "Which call needs the answer of which? What could be in flight while the other shards come?",
        "Put the first shard and the optimizer's state into one coroutine, and run it beside the others.",
        (
            '`async def first_and_optimizer(name)`: get the shard, then what its key "optimizer" names. '
            "After the manifest: `gather(first_and_optimizer(first), *[store.get(name) for name in others])`."
        ),
    ),
)
def load_sharded_checkpoint(trial: Trial) -> None:
    """Each call is made as soon as what it needs is there."""
    names = trial.names("shard", 3, 6)
    latencies = trial.latencies(len(names), 0.5, 2.5)  # the first is not the slowest
    store = _checkpoint_store(trial, names, latencies)
    slowest, to_optimizer = max(latencies), latencies[0] + store.latency_of("optimizer-state")
    manifest = store.latency_of("manifest")
    run = trial.call("load_sharded_checkpoint", store)
    shards, optimizer = _began(run, names), _began(run, ["optimizer-state"])

    run.value.equals(_checkpoint(store, names), "returns the shards in order and the state", gate=True)
    run.requires(
        shards <= manifest + TIME_TOLERANCE,
        "asks for all shards as soon as the manifest is there",
        f"the last of them was asked for {_at(shards)}, and the manifest was there at "
        f"{format_seconds(manifest)}",
        interval=(manifest, min(shards, run.record.elapsed)),
        weight=2,
    )
    run.requires(
        optimizer <= manifest + latencies[0] + TIME_TOLERANCE,
        "asks for the optimizer's state as soon as the first shard is there",
        f"it was asked for {_at(optimizer)}, and {names[0]} was there at "
        f"{format_seconds(manifest + latencies[0])}",
        interval=(manifest + latencies[0], min(optimizer, run.record.elapsed)),
        weight=2,
    )
    run.elapsed.at_most(
        manifest + max(slowest, to_optimizer),
        "takes as long as the longest chain of calls that need each other",
    )
    run.calls(store).at_most(len(names) + 2, "asks for each name once")

    run.explain(
        when=run.raised == "KeyError",
        say="A name was asked for, or a key read, that is not there: the manifest names the shards, and only "
        "the first shard names the optimizer's state.",
    )
    run.explain(
        when=run.peak(store) == 1 and run.calls(store) == len(names) + 2,
        say="Each call waits for the one before it, though most of them need nothing but the manifest.",
    )
    run.explain(
        when=abs(optimizer - manifest - slowest) <= TIME_TOLERANCE and shards <= manifest + TIME_TOLERANCE,
        say="The optimizer's state waits for all the shards, and needs only the first: `gather` is a "
        "barrier. Put the two calls that belong together into one coroutine.",
    )
    run.explain(
        when=abs(shards - manifest - latencies[0]) <= TIME_TOLERANCE,
        say="The other shards wait for the first one, and need only the manifest.",
    )
    run.explain(
        when=run.value.is_(_checkpoint(store, sorted(names, key=store.latency_of))),
        say="These are the shards in the order in which they arrived; the manifest has another.",
    )
    run.explain(
        when=run.returned_unawaited or run.left_running(store) > 0,
        say="Tasks were started and not waited for: `await` every task that you make.",
    )
    trial.new_scene()
    _one_shard(trial)


def _one_shard(trial: Trial) -> None:
    store = _checkpoint_store(trial, ["shard-1"], [trial.vary(0.5, 1.0)])
    run = trial.call("load_sharded_checkpoint", store)

    run.value.equals(_checkpoint(store, ["shard-1"]), "loads a checkpoint of one shard")


def _checkpoint_store(trial: Trial, names: list[str], latencies: list[float]) -> Service:
    def reply(dice: Dice, name: str) -> dict[str, Any]:
        if name == "manifest":
            return {"shards": names}
        if name == "optimizer-state":
            return {"step": dice.randint(1000, 9999)}
        weights = {"weights": round(dice.random(), 3)}
        return {**weights, "optimizer": "optimizer-state"} if name == names[0] else weights

    times = {"manifest": trial.vary(0.2, 0.8), "optimizer-state": trial.vary(0.3, 1.5)}
    return trial.service(
        "object-store", latency={**dict(zip(names, latencies, strict=True)), **times}, reply=reply
    )


def _checkpoint(store: Service, names: list[str]) -> dict[str, Any]:
    return {"shards": [store.reply(name) for name in names], "optimizer": store.reply("optimizer-state")}


def _began(run: Run, names: Sequence[str]) -> float:
    """When the last of the names was asked for, in seconds; infinite when one never was."""
    began = {call.label: call.start for call in reversed(run.record.calls())}
    return max(began.get(name, math.inf) for name in names)


def _at(time: float) -> str:
    return "never" if time == math.inf else f"at {format_seconds(time)}"
