"""Records that the tests of the sentence and of the picture read, written by hand, times in seconds."""

from __future__ import annotations

from typing import Any

from asynclab.record import NS, Event, Record


def recorded(*parts: list[Event] | Event) -> Record:
    """A record of events and lists of events, put into the order of their times."""
    events: list[Event] = []
    for part in parts:
        events += part if isinstance(part, list) else [part]
    return Record(tuple(sorted(events, key=lambda event: event[0])))


def at(time: float, kind: str, *fields: Any) -> Event:
    return (round(time * NS), kind, *fields)


def call(
    id: int,
    key: Any,
    start: float,
    end: float | None,
    how: str = "reply",
    service: str = "store",
    task: str = "T1",
) -> list[Event]:
    """One call to `get`; `end=None` leaves it in flight."""
    begun = at(start, "call", id, service, "get", [key], task)
    if end is None:
        return [begun]
    ends = {"reply": (f"value of {key}",), "error": ("ConnectionError", "connection refused"), "cancel": ()}
    return [begun, at(end, how, id, *ends[how])]


def task(
    number: int,
    name: str,
    made: float,
    end: float | None,
    runs: list[tuple[float, float]],
    how: str = "returned",
) -> list[Event]:
    """One task of a live run: the loop runs it from .. to, and it ends with the last of these runs."""
    events = [at(made, "task", number, name, None if number == 1 else 1)]
    for index, (since, until) in enumerate(runs):
        last = end is not None and index == len(runs) - 1
        events += [
            at(since, "run", number),
            at(until, "end", number, how) if last else at(until, "wait", number, ""),
        ]
    return events


def _returned(time: float) -> Event:
    return at(time, "return", None)


def _live() -> Record:
    """A heartbeat every 0.1 s beside two fetches; one task computes for 0.35 s and holds everybody up."""
    beats = [(0.01 + 0.1 * n, 0.012 + 0.1 * n) for n in range(4)] + [
        (0.66 + 0.1 * n, 0.662 + 0.1 * n) for n in range(4)
    ]
    return recorded(
        task(1, "main", 0.0, 1.0, [(0.0, 0.004), (0.998, 1.0)]),
        task(2, "heartbeat", 0.001, 1.0, [*beats, (0.999, 0.9995)], "cancelled"),
        task(3, "fetch 1", 0.002, 0.81, [(0.004, 0.006), (0.809, 0.81)]),
        task(4, "fetch 2", 0.002, 0.71, [(0.006, 0.008), (0.709, 0.71)]),
        task(5, "tokenize", 0.003, 0.65, [(0.008, 0.009), (0.3, 0.65)]),
        call(1, "user-1", 0.005, 0.809, task="fetch 1"),
        call(2, "user-2", 0.007, 0.709, task="fetch 2"),
        [at(0.3, "block", "tokenize", "", ""), at(0.65, "unblock", "tokenize")],
        _returned(1.0),
    )


def _hundred() -> Record:
    """A hundred fetches, twenty at a time; one fails and one is slow."""
    calls = []
    for n in range(100):
        start = 0.5 * (n // 20) + 0.004 * (n % 20)
        calls.append(call(n + 1, f"user-{n + 1}", start, start + 0.42, "error" if n == 16 else "reply"))
    return recorded(*calls, _returned(2.5))


#: Each with the golden file of its name.
SAMPLES: dict[str, Record] = {
    "one_by_one": recorded(
        call(1, "red", 0, 1), call(2, "green", 1, 2), call(3, "blue", 2, 3), _returned(3.0)
    ),
    "together": recorded(
        call(1, "red", 0, 1), call(2, "green", 0, 1.5), call(3, "blue", 0, 0.5), _returned(1.5)
    ),
    "first_wins": recorded(
        call(1, "user-3", 0, 0.3, "cancel", "east"),
        call(2, "user-3", 0, 0.3, "reply", "north"),
        call(3, "user-3", 0, 0.3, "cancel", "west"),
        _returned(0.3),
    ),
    "one_fails": recorded(
        call(1, "user-1", 0, 0.8),
        call(2, "user-2", 0, 0.5, "error"),
        call(3, "user-3", 0, 1.2),
        at(
            1.2,
            "raise",
            "ConnectionError",
            "connection refused",
            "line 3: `return await asyncio.gather(*calls)`",
        ),
    ),
    "blocked": recorded(
        call(1, "red", 0, 1.5),
        call(2, "green", 0, 1.5),
        call(3, "blue", 1.5, 2),
        [at(0.0, "block", "T1", "sleep", "line 4: `time.sleep(1.5)`"), at(1.5, "unblock", "T1")],
        _returned(2.0),
    ),
    "left_behind": recorded(
        call(1, "user-1", 0, 0.3),
        call(2, "user-2", 0, 0.7),
        call(3, "user-3", 0, None),
        call(4, "user-4", 0.5, 0.8),
        _returned(0.3),
        at(0.9, "print", "done"),
    ),
    "hundred": _hundred(),
    "items": recorded(
        call(1, "a", 0, 0.9),
        call(2, "b", 0, 0.2),
        call(3, "c", 0, 0.5),
        at(0.2, "item", ["b", 1]),
        at(0.5, "item", ["c", 1]),
        at(0.9, "item", ["a", 1]),
        _returned(0.9),
    ),
    "live": _live(),
    "queued": recorded(
        *[call(n, f"batch-{n}", 0.2 * n, 0.2 * n + 0.3) for n in range(1, 5)],
        [at(0.1 * n, "depth", "to train", n % 7) for n in range(13)],
        [at(0.0, "depth", "in line", 0), at(0.5, "depth", "in line", 2), at(0.9, "depth", "in line", 0)],
        _returned(1.3),
    ),
    "hostile": recorded(
        call(1, "<script>alert('x')</script>", 0, 1),
        call(2, '"><img src=x onerror="alert(1)">&amp;', 0, 1, service="<b>store</b>"),
        call(3, "line\nbreak\x00\x1b[31m\ud800\u202egnp.exe", 0, 0.5, "error"),
        call(4, "W" * 1_000_000, 0, 0.5, "cancel"),
        call(5, "数据" * 50, 0.5, 1),
        at(1.0, "raise", "<i>Error</i>", "</svg><script>alert(2)</script>", "line 1: `<script>`"),
    ),
    "empty": Record(()),
    "no_call": recorded(_returned(0.0)),
    "deadlock": recorded(
        call(1, "a", 0, 1),
        at(
            1.0,
            "stop",
            "deadlock",
            "nothing is in flight and no timer is set, so nobody can wake what waits",
            "`loader` waits in `Queue.put`, line 12",
        ),
    ),
    "marked": recorded(call(1, "red", 0, 1), call(2, "green", 1, 2), call(3, "blue", 2, 3), _returned(3.0)),
}

#: The stretch to mark in the pictures of these samples, in seconds.
MARKS: dict[str, tuple[float, float]] = {"marked": (1.0, 3.0)}
