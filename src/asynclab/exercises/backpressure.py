"""The first exercises of 04 Backpressure: one stage behind another, and several workers at one source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asynclab.exercise import exercise
from asynclab.exercises.concurrency import schedule
from asynclab.measure import TIME_TOLERANCE, same, shown
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.service import Service
from asynclab.trial import Trial

NOTEBOOK = "04_backpressure"

#: What a careless end of the stream is mistaken for.
ODD_ITEMS: tuple[Any, ...] = (0, False, "", "STOP", [])


@exercise(
    "produce_consume",
    points=6,
    minutes=20,
    difficulty=3,
    importance=5,
    lines=20,
    hints=(
        "Who waits when the queue is full, who when it is empty, and who tells the other that it is over?",
        (
            "A task that reads and puts, a task that gets and writes, an `asyncio.Queue(maxsize)` between "
            "them, in a TaskGroup. For the end, put an object of your own that nobody else can have."
        ),
        (
            "`end = object()`; the first task puts it after its loop; the second does `while (item := await "
            "queue.get()) is not end: await sink.put(item)`. Around the group, `except* Exception as "
            "errors:` keep `errors.exceptions[0]`, and raise it after the block."
        ),
    ),
)
def produce_consume(trial: Trial) -> None:
    """Everything in order through a bounded queue; either side's error ends the other."""
    maxsize = trial.count(1, 4)
    items = _odd_items(trial, maxsize + 8)
    fast, slow = trial.vary(0.05, 0.15), trial.vary(0.3, 0.5)
    source, sink = trial.source("source", items, latency=fast), trial.sink("sink", latency=slow)
    run = trial.call("produce_consume", source, sink, maxsize)

    _requires_written(run, items)
    run.alive(source, sink).at_most(maxsize + 2, "reads no further than the queue allows")
    run.alive(source, sink).at_least(maxsize + 1, "reads on until the queue is full")
    run.elapsed.at_most(fast + slow * len(items), "reads while it writes")
    run.peak(sink).at_most(1, "writes one item at a time")
    run.left_running(source, sink).equals(0, "returns when the last item is written")
    _explain_produce_consume(run, source, sink, items, maxsize)
    if not same(_written(run), items):
        return  # what else is amiss comes of it

    _with_a_slow_source(trial, items, maxsize)
    _with_a_sink_that_fails(trial, items, maxsize, fast=False)
    _with_a_sink_that_fails(trial, items, maxsize, fast=True)
    _with_a_source_that_fails(trial, items, maxsize)
    _cancelled_between_both(trial, items, maxsize)

    trial.new_scene()
    run = trial.call("produce_consume", trial.source("source", []), trial.sink("sink"), maxsize)
    run.requires(
        not run.raised and not run.stopped,
        "returns when there are no items",
        f"it {run.ending}, and there was nothing to read",
    )


def _odd_items(trial: Trial, count: int) -> list[Any]:
    """Items of which the last is None: who takes it for the end loses it, and nothing hangs.

    In some worlds another one, before it, looks like an end, too.
    """
    odd = [trial.dice("odd item").choice(ODD_ITEMS)] if trial.number % 2 else []
    return [*range(1, count - len(odd)), *odd, None]


def _written(run: Run) -> list[Any]:
    return [call.args[0] for call in run.record.calls("sink") if call.how == "reply"]


def _requires_written(run: Run, items: list[Any]) -> None:
    written = _written(run)
    lost = len(items) - len(written)
    run.requires(
        same(written, items),
        "writes every item, in order",
        (f"it {run.ending}, and " if run.raised or run.stopped else "")
        + (f"{lost} of {len(items)} items were not written" if lost > 0 else f"it wrote {shown(written)}")
        + f", to be written was {shown(items)}",
        gate=True,
    )


def _explain_produce_consume(
    run: Run, source: Service, sink: Service, items: list[Any], maxsize: int
) -> None:
    written, reads = _written(run), sum(call.how == "reply" for call in run.record.calls(source.name))
    run.explain(
        when=same(written, items[:-1]),
        say=f"The item {items[-1]!r} was taken for the end. Any value can be an item: mark the end with an "
        "`object()` of your own, and compare with `is`.",
    )
    run.explain(
        when=len(written) == len(items) + 1 and same(written[: len(items)], items),
        say="The mark of the end was written as if it were an item.",
    )
    run.explain(
        when=len(written) < len(items) == reads and not run.raised,
        say="Items were read and dropped. When the queue is full, wait: `await queue.put(item)`.",
    )
    run.explain(
        when=run.alive(source, sink).value > maxsize + 3,
        say="The source was read on and on, however far behind the sink was. A queue without a `maxsize` "
        "takes everything there is, and memory with it.",
    )
    run.explain(
        when=run.alive(source, sink).value == maxsize + 3,
        say="One item more than allowed: the queue may hold `maxsize`, and each side one in its hands.",
    )
    run.explain(
        when=run.alive(source, sink) == 1,
        say="Read, write, read, write: nothing was read while the sink was busy.",
    )


def _with_a_slow_source(trial: Trial, items: list[Any], maxsize: int) -> None:
    trial.new_scene()
    slow, fast = trial.vary(0.2, 0.4), trial.vary(0.05, 0.1)
    source, sink = trial.source("source", items, latency=slow), trial.sink("sink", latency=fast)
    run = trial.call("produce_consume", source, sink, maxsize)
    ready = [call.end for call in run.record.calls("source") if call.how == "reply" and call.end is not None]
    begun = [call.start for call in run.record.calls("sink")]
    late = [(seen, came) for seen, came in zip(begun, ready, strict=False) if seen > came + TIME_TOLERANCE]
    run.requires(
        bool(begun) and not late,
        "writes an item as soon as it is there",
        f"an item that was read at {format_seconds(late[0][1])} was written from "
        f"{format_seconds(late[0][0])} on"
        if late
        else "nothing was written",
    )
    run.peak(source).at_most(1, "reads one item at a time")


def _with_a_sink_that_fails(trial: Trial, items: list[Any], maxsize: int, *, fast: bool) -> None:
    """With a slow source it is in the middle of a read; with a fast one its item finds the queue full."""
    trial.new_scene()
    number = trial.count(2, 3)
    source = trial.source("source", items, latency=0.02 if fast else 0.3)
    sink = trial.sink(
        "sink",
        latency=0.2 if fast else 0.05,
        fail=_at_attempt(ConnectionError("disk full"), number),
    )
    run = trial.call("produce_consume", source, sink, maxsize)
    failed = [call.end for call in run.record.calls("sink") if call.how == "error"]

    run.raises(ConnectionError, "disk full", "raises the sink's error itself")
    run.elapsed.at_most(failed[0] or 0.0 if failed else 0.0, "raises the sink's error at once")
    _requires_nothing_left(run, source, sink)
    _explain_group(run)
    run.explain(
        when=bool(run.record.in_flight_at_return() or run.record.calls_after_return()),
        say="The sink's error reached the caller, and the producer went on reading: `gather` does not stop "
        "the others. Cancel it and await it, or use a TaskGroup.",
    )


def _at_attempt(error: Exception, number: int) -> Any:
    """A failure at the n-th call, whatever it is asked for."""
    calls = iter(range(1, 10_000))
    return lambda item, attempt: error if next(calls) == number else None


def _requires_nothing_left(run: Run, *services: Service) -> None:
    left = len(run.record.in_flight_at_return()) + len(run.record.calls_after_return())
    run.requires(
        not left,
        "leaves nothing running after an error",
        f"{left} {'call was' if left == 1 else 'calls were'} in flight, or begun, after it had ended",
    )


def _explain_group(run: Run) -> None:
    run.explain(
        when=run.raised in ("ExceptionGroup", "BaseExceptionGroup"),
        say="A TaskGroup raises a group of errors. Catch it and raise the first of its `exceptions`.",
    )
    run.explain(
        when=not run.raised,
        say="There was an error, and the caller was not told of it.",
    )


def _with_a_source_that_fails(trial: Trial, items: list[Any], maxsize: int) -> None:
    trial.new_scene()
    number = trial.count(3, 5)
    source = trial.source("source", items, latency=0.1, fail=_at_attempt(OSError("unreadable"), number))
    run = trial.call("produce_consume", source, trial.sink("sink", latency=0.25), maxsize)

    run.raises(OSError, "unreadable", "raises the source's error itself")
    left = len(run.record.in_flight_at_return()) + len(run.record.calls_after_return())
    run.requires(
        not left,
        "leaves nothing running when the source fails",
        f"{left} {'call was' if left == 1 else 'calls were'} in flight, or begun, after it had ended",
    )
    _explain_group(run)
    run.explain(
        when=bool(left),
        say="The error reached the caller, and the consumer went on writing: cancel it and await it, or use "
        "a TaskGroup.",
    )


def _cancelled_between_both(trial: Trial, items: list[Any], maxsize: int) -> None:
    trial.new_scene()
    source, sink = trial.source("source", items, latency=0.3), trial.sink("sink", latency=0.29)
    _cancel_and_look(trial, "produce_consume", 0.75, source, sink, maxsize)


def _cancel_and_look(trial: Trial, name: str, after: float, *args: Any) -> None:
    """Its caller is cancelled: what was in flight is cancelled, and nothing begins any more."""
    trial.at(0.0, None, "cancelled_after", after, trial.learners(name), *args)
    trial.at(after + 10.0, None, "ping")
    run = trial.drive(name)

    late = [
        call
        for call in run.record.calls()
        if call.start > after + TIME_TOLERANCE or call.end is None or call.end > after + TIME_TOLERANCE
    ]
    run.requires(
        not late,
        "stops everything when it is cancelled",
        f"it was cancelled at {format_seconds(after)}, and {len(late)} "
        f"{'call' if len(late) == 1 else 'calls'} went on or began after that",
    )
    run.reply(1).equals("was cancelled", "lets its own cancellation go on")
    run.explain(
        when=bool(late),
        say="Tasks of your own live on when you are cancelled: cancel them in `finally`, and await them.",
    )


@exercise(
    "worker_pool",
    points=7,
    minutes=25,
    difficulty=4,
    importance=5,
    lines=22,
    hints=(
        "How do n workers learn that there are no more items, and what becomes of them when one fails?",
        (
            "One task reads into a queue of at most `workers` items, with the number of each item; `workers` "
            "tasks get, handle, and keep the result under the number. At the end each worker must hear of it."
        ),
        (
            "`queue = asyncio.Queue(workers)`; the reader puts `(number, item)`, then `workers` times an "
            "`end = object()`; a worker loops until it gets `end`. All in a TaskGroup; raise "
            "`errors.exceptions[0]`; return the results sorted by number."
        ),
    ),
)
def worker_pool(trial: Trial) -> None:
    """So many calls at a time, a lazy source, results in order, and one failure ends all."""
    workers, count = trial.count(2, 4), trial.count(12, 16)
    names: list[Any] = [*trial.names("item", count - 1, count - 1), None]
    seconds = trial.latencies(count, 0.2, 2.0)
    times = schedule(seconds, workers)
    items, handle = _items_and_handle(trial, names, seconds)
    run = trial.call("worker_pool", items, handle, workers)

    run.value.equals(
        [_handled(name) for name in names], "returns the results in the order of the items", gate=True
    )
    run.peak(handle).at_most(workers, "never has more calls in flight than workers")
    run.alive(items, handle).at_most(2 * workers + 1, "reads an item when it is needed")
    run.elapsed.at_most(max(end for _, end in times), "begins the next call when one ends")
    run.calls(handle).at_most(count, "handles each item once")
    _explain_worker_pool(run, items, handle, names, workers, max(end for _, end in times))
    if not run.value.is_([_handled(name) for name in names]):
        return  # what else is amiss comes of it

    _with_a_source_that_is_slow(trial, names, workers)
    _with_a_handler_that_fails(trial, names, seconds, workers)
    _with_a_reading_that_fails(trial, names, workers)

    trial.new_scene()
    items, handle = _items_and_handle(trial, names, [1.0] * count, latency=0.1)
    _cancel_and_look(trial, "worker_pool", 1.55, items, handle, workers)

    for few, text in (([], "no items"), (names[:1], "fewer items than workers")):
        trial.new_scene()
        items, handle = _items_and_handle(trial, few, [0.5] * len(few))
        run = trial.call("worker_pool", items, handle, workers)
        run.requires(
            run.value.is_([_handled(name) for name in few]),
            "returns also when there are few items, or none",
            f"with {text} it {run.ending}",
        )


def _handled(item: Any) -> Any:
    """What `handle` gives: None for one of the items, which is a result like any other."""
    return None if item is None else f"{item} handled"


def _items_and_handle(
    trial: Trial, names: Sequence[Any], seconds: Sequence[float], *, latency: float = 0.0, **options: Any
) -> tuple[Service, Service]:
    def seconds_of(dice: Any, item: Any) -> float:
        return seconds[names.index(item)]

    return trial.source(
        "items", names, latency=latency, fail=options.pop("unreadable", None)
    ), trial.function(
        "handle", "item", latency=seconds_of, reply=lambda dice, item: _handled(item), **options
    )


def _explain_worker_pool(
    run: Run, items: Service, handle: Service, names: list[Any], workers: int, best: float
) -> None:
    run.explain(
        when=run.value.is_([_handled(name) for name in names[:-1]]),
        say="It stopped at an item that is None: any value can be an item, so mark the end with an "
        "`object()` of your own.",
    )
    run.explain(
        when=run.alive(items, handle).value == len(names) and run.peak(handle) == workers,
        say="Everything was read before it was needed: a source of a million items would be a million tasks, "
        "or a queue as long. Give the queue a `maxsize`.",
    )
    run.explain(
        when=run.peak(handle) == 1,
        say="One call was in flight at a time.",
    )
    run.explain(
        when=run.peak(handle) == workers and run.elapsed > best,
        say="Workers stood idle while there were items: a worker takes its next item as soon as it is free.",
    )


def _with_a_source_that_is_slow(trial: Trial, names: list[Any], workers: int) -> None:
    trial.new_scene()
    reading = trial.vary(0.2, 0.3)
    items, handle = _items_and_handle(trial, names, [0.5] * len(names), latency=reading)
    run = trial.call("worker_pool", items, handle, workers)
    run.peak(items).at_most(1, "reads one item at a time")
    ready = {repr(call.value): call.end or 0.0 for call in run.record.calls("items") if call.how == "reply"}
    first = run.record.calls("handle")[:1]
    late = [call for call in first if call.start > min(ready.values(), default=0.0) + TIME_TOLERANCE]
    run.requires(
        bool(first) and not late,
        "begins with the first item before the next is there",
        f"the first call was made at {format_seconds(first[0].start)}" if first else "no call was made",
    )


def _with_a_handler_that_fails(trial: Trial, names: list[Any], seconds: list[float], workers: int) -> None:
    trial.new_scene()
    number = trial.count(1, 4)
    _, failed = schedule(seconds, workers)[number]
    items, handle = _items_and_handle(
        trial, names, seconds, fail=_for_item(names[number], ValueError("bad item"))
    )
    run = trial.call("worker_pool", items, handle, workers)

    run.raises(ValueError, "bad item", "raises the error of a call itself")
    run.elapsed.at_most(failed, "raises the error of a call at once")
    _requires_no_further(run)
    _explain_group(run)
    run.explain(
        when=run.elapsed > failed,
        say="The error was kept until the end: the other workers should have been cancelled.",
    )


def _for_item(wanted: Any, error: Exception) -> Any:
    return lambda item, attempt: error if item == wanted else None


def _requires_no_further(run: Run) -> None:
    left = len(run.record.in_flight_at_return()) + len(run.record.calls_after_return())
    run.requires(
        not left,
        "cancels the other calls and reads no further",
        f"{left} {'call was' if left == 1 else 'calls were'} in flight, or begun, after it had ended",
    )
    run.explain(
        when=bool(left),
        say="The error reached the caller, and the other workers went on: cancel them and wait until they "
        "are over.",
    )


def _with_a_reading_that_fails(trial: Trial, names: list[Any], workers: int) -> None:
    trial.new_scene()
    number = trial.count(3, 5)
    items, handle = _items_and_handle(
        trial, names, [0.35] * len(names), latency=0.2, unreadable=_at_attempt(OSError("unreadable"), number)
    )
    run = trial.call("worker_pool", items, handle, workers)
    failed = [call.end or 0.0 for call in run.record.calls("items") if call.how == "error"]

    run.raises(OSError, "unreadable", "raises the error of the reading itself")
    run.elapsed.at_most(failed[0] if failed else 0.0, "raises the error of the reading at once")
    left = len(run.record.in_flight_at_return()) + len(run.record.calls_after_return())
    run.requires(
        not left,
        "cancels the calls when the reading fails",
        f"{left} {'call was' if left == 1 else 'calls were'} in flight, or begun, after it had ended",
    )
    _explain_group(run)
