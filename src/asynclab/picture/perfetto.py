"""A record in Chrome's trace-event format, which ui.perfetto.dev and chrome://tracing open."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any

from asynclab.narrate import end_word, one_line
from asynclab.picture.rows import in_flight, key_of
from asynclab.record import KINDS, Call, Record

LOOP = 1  # the process that stands for the event loop; every service is one more


def trace_events(record: Record) -> dict[str, Any]:
    """The record as one JSON object; its times, `ts` and `dur`, are in microseconds.

    Each service is a process with as many threads as it had calls in flight; the event loop is another
    one, with a thread for each task. Write it with `json.dump` and open the file in Perfetto.
    The record itself is in it, too, for `record_of_trace`; other readers pass over it.
    """
    events = [*_services(record), *_loop(record), *_counters(record), *_instants(record)]
    own = {"events": [list(event) for event in record.events], "dropped": record.dropped}
    return {"traceEvents": events, "displayTimeUnit": "ms", "otherData": {"asynclab record": own}}


def record_of_trace(trace: object) -> Record:
    """The record that `trace_events` has put into a trace; ValueError when there is none in it."""
    match trace:
        case {"otherData": {"asynclab record": {"events": [*events], "dropped": int(dropped)}}}:
            if all(map(_is_event, events)):
                return Record(tuple(tuple(event) for event in events), dropped)
    raise ValueError("it has no record of this course in it")


def _is_event(event: object) -> bool:
    """Whether it is a list of a time, a kind, and as many fields as that kind has."""
    match event:
        case [int(), str(kind), *fields] if kind in KINDS:
            return len(fields) == len(KINDS[kind])
    return False


def _name(process: int, thread: int | None, name: str) -> dict[str, Any]:
    kind = "process_name" if thread is None else "thread_name"
    return {"ph": "M", "name": kind, "pid": process, "tid": thread or 0, "args": {"name": one_line(name, 80)}}


def _slice(process: int, thread: int, name: str, start_ns: int, end_ns: int, **args: Any) -> dict[str, Any]:
    times = {"ts": start_ns / 1000, "dur": (end_ns - start_ns) / 1000}
    return {"ph": "X", "name": one_line(name, 80), "pid": process, "tid": thread, **times, "args": args}


def _services(record: Record) -> Iterator[dict[str, Any]]:
    services = dict.fromkeys(call.service for call in record.calls())
    for process, service in enumerate(services, start=LOOP + 1):
        yield _name(process, None, service)
        calls = record.calls(service)
        for call, thread in zip(calls, _threads(calls, record.last_ns), strict=True):
            end_ns = record.last_ns if call.end_ns is None else call.end_ns
            asked = one_line(f"{call.method}({', '.join(map(repr, call.args))})", 200)
            told = {"call": asked, "how": call.how, "task": call.task}
            yield _slice(process, thread, call.label, call.start_ns, end_ns, **told)


def _threads(calls: tuple[Call, ...], last_ns: int) -> list[int]:
    """A thread for each call, so that the calls of a thread do not overlap: the lowest one that is free."""
    free: list[int] = []
    busy: list[tuple[int, int]] = []  # (end_ns, thread)
    threads = []
    for call in calls:
        while busy and busy[0][0] <= call.start_ns:
            heapq.heappush(free, heapq.heappop(busy)[1])
        thread = heapq.heappop(free) if free else len(busy) + 1
        heapq.heappush(busy, (last_ns if call.end_ns is None else call.end_ns, thread))
        threads.append(thread)
    return threads


def _loop(record: Record) -> Iterator[dict[str, Any]]:
    """The stretches in which the loop was blocked, and the tasks of a live run as the loop runs them."""
    yield _name(LOOP, None, "event loop")
    for block in record.blocks:
        yield _slice(LOOP, 0, "loop blocked", block.start_ns, block.end_ns, task=block.task, line=block.line)
    waits = {(number, at): why for at, _, number, why in record.of("wait")}
    for task in record.tasks:
        yield _name(LOOP, task.number, task.name)
        for start_ns, end_ns in task.running:
            told = {"then_waits_for": waits.get((task.number, end_ns), "")}
            yield _slice(LOOP, task.number, task.name, start_ns, end_ns, **told)


def _counters(record: Record) -> Iterator[dict[str, Any]]:
    for at, number in in_flight(record, set(map(key_of, record.calls()))):
        where = {"pid": LOOP, "tid": 0, "ts": at / 1000}
        yield {"ph": "C", "name": "in flight", **where, "args": {"calls": number}}
    for name, depths in record.depths.items():
        for at, number in depths:
            where = {"pid": LOOP, "tid": 0, "ts": at / 1000}
            yield {"ph": "C", "name": one_line(name, 80), **where, "args": {"depth": number}}
    for at, _, late_ns in record.of("lag"):
        where = {"pid": LOOP, "tid": 0, "ts": at / 1000}
        yield {"ph": "C", "name": "loop late", **where, "args": {"ms": late_ns / 1e6}}


def _instants(record: Record) -> Iterator[dict[str, Any]]:
    moments = [(event[0], "yield") for event in record.of("item")]
    moments += [(record.end_ns, end_word(record))] if end_word(record) else []
    for at, name in moments:
        yield {"ph": "i", "name": name, "pid": LOOP, "tid": 0, "ts": at / 1000, "s": "g", "args": {}}
