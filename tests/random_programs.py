"""Random programs in random worlds, all of them JSON data, and the laws that every record obeys.

A program is what `interpreter.interpret` reads, a world is what `built_worlds.build` reads, so both
can be sent to another process. `broken_laws` says what is wrong with a record.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

from built_worlds import build
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from interpreter import Program

from asynclab.record import Record

__all__ = ["KEYS", "UNITS", "broken_laws", "build", "examples", "one_after_the_other", "programs", "worlds"]


def examples(count: int) -> settings:
    """So many examples, always the same in CI; a busy machine must not fail them."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=os.environ.get("CI") == "true",
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


# -- programs

KEYS = ("a", "b", "c", "d")

durations = st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.5, 1.0]) | st.floats(0.001, 2.0).map(lambda s: round(s, 3))
keys = st.sampled_from(KEYS)
either = st.integers(0, 1)


def step(name: str, *arguments: SearchStrategy[Any]) -> SearchStrategy[list[Any]]:
    return st.tuples(st.just(name), *arguments).map(list)


def programs(
    *, cancels: bool = True, races: bool = True, threads: bool = True, fails: bool = True, size: int = 12
) -> SearchStrategy[Program]:
    """Programs of the interpreter.

    Without `cancels` nothing is cancelled and nothing times out, without `races` nothing depends on
    which of two is first, without `threads` there is one lane, and without `fails` nothing raises.
    """
    steps = [
        step("say", st.sampled_from(["x", "y"])),
        step("sleep", durations),
        step("give_way"),
        step("call", keys),
        step("block", durations),
        step("ask", keys),
    ]
    if races:
        steps += [
            step("put", either, keys),
            step("get", either),
            step("set", either),
            step("wait", either),
            step("notify"),
            step("wait_notified"),
            step("read"),
            step("write"),
        ]
    if cancels:
        steps += [step("cancel", st.integers(0, 3)), step("join")]
    if fails:
        steps += [step("fail", st.just("on purpose"))]
    if threads:
        steps += [
            step("thread", thread_programs(races=races)),
            step("processes", st.integers(1, 3), st.lists(keys, max_size=4)),
        ]

    def larger(smaller: SearchStrategy[list[Any]]) -> SearchStrategy[list[Any]]:
        program = st.lists(smaller, max_size=4)
        several = st.lists(program, max_size=4)
        # locks inside of locks wait for each other in one order, and not in another
        inside = program if races else st.lists(simple, max_size=4)
        wider = [
            step("gather", several),
            step("group", several),
            step("semaphore", either, inside),
            step("lock", either, inside),
        ]
        if cancels:
            wider += [
                step("spawn", program),
                step("shield", program),
                step("timeout", durations, program),
                step("first", st.lists(program, min_size=1, max_size=4)),
            ]
        return st.one_of(wider)

    simple = st.one_of(steps)
    return st.lists(st.recursive(simple, larger, max_leaves=size), max_size=6)


def thread_programs(*, races: bool) -> SearchStrategy[Program]:
    """What a thread does."""
    steps = [
        step("say", st.sampled_from(["p", "q"])),
        step("sleep", durations),
        step("ask", keys),
        step("call", keys),
    ]
    if races:
        steps += [
            step("put", keys),
            step("get"),
            step("set"),
            step("wait", durations),
            step("tell", either),
        ]
    simple = st.one_of(steps)
    one_lock = step("lock", either, st.lists(simple, max_size=2))
    two_locks = step("lock", either, st.lists(simple | one_lock, max_size=2))
    return st.lists(simple | (two_locks if races else one_lock), max_size=4)


def one_after_the_other() -> SearchStrategy[Program]:
    """Programs in which no two sleeps or calls can end at one instant, so that the order is asyncio's own.

    Of the powers of two that they take in `UNITS`, no two different sums are equal.
    """
    leaf = st.sampled_from(
        ["sleep", "call", "timeout", "thread", "say", "put", "get", "set", "wait", "give_way"]
    )
    shape = st.recursive(
        leaf,
        lambda smaller: st.tuples(
            st.sampled_from(["gather", "group", "first", "lock", "semaphore", "spawn", "shield"]),
            st.lists(st.lists(smaller, min_size=1, max_size=3), min_size=1, max_size=3),
        ),
        max_leaves=8,
    )
    return st.lists(shape, min_size=2, max_size=5).map(_with_own_durations)


#: Seconds that the timed steps of a program take, each used once; `KEYS` in the same order.
UNITS = tuple(float(2**n) for n in range(6))


def _with_own_durations(shapes: list[Any]) -> Program:
    units = list(range(len(UNITS)))
    number = 0

    def of(shape: Any, cancelled: bool = False) -> list[Any]:
        nonlocal number
        number += 1
        if not isinstance(shape, str):
            name, several = shape
            cancelled = cancelled or name == "first"
            inner = [[of(each, cancelled) for each in program] for program in several]
            if name in ("gather", "group", "first"):
                return [name, inner]
            return [name, *([number % 2] if name in ("lock", "semaphore") else []), inner[0]]
        if shape in ("put", "get", "set", "wait"):
            return [shape, number % 2, *([f"item {number}"] if shape == "put" else [])]
        if shape == "give_way":
            return [shape]
        if shape == "say" or not units:
            return ["say", f"word {number}"]
        unit = units.pop(number % len(units))
        if shape == "sleep":
            return ["sleep", UNITS[unit]]
        if shape == "timeout":
            return ["timeout", UNITS[unit], [["wait", 0], ["say", f"word {number}"]]]
        if shape == "thread" and not cancelled:  # it may have begun by then, or not
            return ["thread", [["sleep", UNITS[unit]], ["say", f"thread {number}"]]]
        return ["call", str(unit)]

    return list(map(of, shapes))


# -- worlds


def worlds(*, refuses: bool = True) -> SearchStrategy[dict[str, Any]]:
    """Worlds with a store, a source, a sink and a model in a blocking form, as `build` reads them.

    Without `refuses` the store has no quota and no outages, so that what it answers depends on no order.
    """
    store: dict[str, SearchStrategy[Any]] = {
        "latency": durations | st.fixed_dictionaries(dict.fromkeys(KEYS[:3], durations)),
        "capacity": st.none() | st.integers(1, 3),
        "knee": st.none() | st.integers(1, 3),
        "outages": st.sampled_from([[], [[0.2, 0.5]]] if refuses else [[]]),
        "quota": st.sampled_from([None, [2.0, 2]] if refuses else [None]),
        "fails_first": st.dictionaries(keys, st.integers(1, 2), max_size=2),
    }
    return st.fixed_dictionaries(
        {
            "world": st.fixed_dictionaries(
                {
                    "seed": st.integers(0, 9),
                    "cores": st.integers(1, 3),
                    "thread_start": st.sampled_from([0.0, 0.1]),
                    "process_start": st.sampled_from([0.0, 0.05]),
                    "wall_steps": st.just([]) | st.just([[0.3, 3600.0]]),
                    "order_seed": st.none() | st.integers(0, 5),
                }
            ),
            "store": st.fixed_dictionaries(store),
            "items": st.integers(0, 4),
            "source": durations,
            "sink": durations,
            "model": st.tuples(st.sampled_from(["sleep", "python", "native"]), durations).map(list),
        }
    )


# -- laws


def broken_laws(record: Record) -> list[str]:
    """What no record may show, whatever the program and the world; empty when all is well."""
    return [*_time(record), *_calls(record), *_items(record), *_lanes(record)]


def _time(record: Record) -> Iterator[str]:
    for one, next_one in zip(record.events, record.events[1:], strict=False):
        if next_one[0] < one[0]:
            yield f"time went back from {one} to {next_one}"


def _calls(record: Record) -> Iterator[str]:
    """Every call ends at most once and after it began, and is answered, failed, cancelled or open."""
    open_calls: set[int] = set()
    seen: set[int] = set()
    ends: Counter[str] = Counter()
    for event in record.events:
        if event[1] == "call":
            if event[2] in seen:
                yield f"two calls have the number {event[2]}"
            seen.add(event[2])
            open_calls.add(event[2])
        elif event[1] in ("reply", "error", "cancel"):
            if event[2] not in open_calls:
                yield f"{event} ends a call that is not in flight"
            open_calls.discard(event[2])
            ends[event[1]] += 1
    if len(seen) != ends.total() + len(open_calls):
        yield f"{len(seen)} calls were made, {dict(ends)} ended and {len(open_calls)} are open"
    if Counter(call.how for call in record.calls()) != ends + Counter(open=len(open_calls)):
        yield f"the record counts {record.calls()} otherwise than {dict(ends)}"


def _items(record: Record) -> Iterator[str]:
    """Each item leaves the source once and enters the sink at most once, and between the two it is alive."""
    left: list[Any] = []
    came: list[Any] = []
    most = 0
    calls = {call.id: call for call in record.calls("source", "sink")}
    for event in record.of("reply"):
        call = calls.get(event[2])
        if call is not None and call.service == "source":
            left.append(event[3])
        elif call is not None:
            came.append(call.args[0])
        if not set(came) <= set(left):
            yield f"{came} came, and only {left} had left"
        most = max(most, len(left) - len(came))
    if len(set(left)) < len(left) or len(set(came)) < len(came):
        yield f"an item twice among {left} or {came}"
    if record.alive("source", "sink").count != most:
        yield f"{record.alive('source', 'sink')} are not {most} alive"


def _lanes(record: Record) -> Iterator[str]:
    """A lane is made, runs, waits, runs ... and ends; the loop's own is blocked or is not."""
    state: dict[int, str] = {0: "unblock"}
    allowed = {
        "task": (None,),
        "run": ("task", "wait"),
        "wait": ("run",),
        "end": ("run",),
        "block": ("unblock",),
        "unblock": ("block",),
    }
    for event in record.events:
        if event[1] in allowed:
            lane = 0 if event[1] in ("block", "unblock") else event[2]
            if state.get(lane) not in allowed[event[1]]:
                yield f"{event} after {state.get(lane)!r} of lane {lane}"
            state[lane] = event[1]
