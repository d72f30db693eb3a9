"""What the exercises of 04 Backpressure ask for."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Sink(Protocol):
    async def put(self, item: Any) -> None: ...


async def produce_consume(source: AsyncIterable[Any], sink: Sink, maxsize: int) -> None:
    """Bring every item of the source to the sink, in order, through a queue of at most `maxsize` items.

    Read with `async for item in source`, write with `await sink.put(item)`, one item at a time each.
    Reading goes on while the sink is busy, until the queue is full: at most maxsize + 2 items (maxsize is
    1 or more) have been read and are not written. Any value can be an item, None too. Return when the last
    item is written.

    When the source raises, raise that error itself; what was read before may be written or not. When the
    sink raises, raise that error itself, at once, and read no further. When you return, raise or are
    cancelled, nothing is in flight any more.
    """
    raise NotImplementedError


async def worker_pool(
    items: AsyncIterable[Item], handle: Callable[[Item], Awaitable[Result]], workers: int
) -> list[Result]:
    """Return `await handle(item)` for every item, in the order of the items.

    Read with `async for item in items`, from one task: it cannot be read by two at once. `workers` calls
    (1 or more) of `handle` run at the same time, as long as there are items enough; when one ends, the next
    begins. At most 2 * workers + 1 items have been read and are not finished.

    When `handle` or the reading raises, raise that error itself, at once; the other calls are cancelled and
    nothing more is read. When you return, raise or are cancelled, nothing is in flight any more. No items:
    return [].
    """
    raise NotImplementedError


class TokenBucket:
    """Lets `rate` tokens a second through, after a burst of at most `burst`.

    The bucket holds `burst` tokens at first. It gains `rate` tokens a second, evenly, and never holds more
    than `burst`. `await acquire(n)` takes n tokens (1 or more) as soon as there are n, to the microsecond
    and not earlier. Who came first is served first: a small request does not overtake a big one.

    `acquire(n)` with n > burst raises ValueError at once and takes nothing. Who is cancelled while waiting
    takes nothing, and those behind move up. Time is that of `time.monotonic()`: the clock on the wall may
    be set.
    """

    def __init__(self, rate: float, burst: int) -> None:
        raise NotImplementedError

    async def acquire(self, n: int = 1) -> None:
        raise NotImplementedError


class AdaptiveLimiter:
    """Lets as many calls through at once as the other side can take, and finds out how many that is.

        async with limiter:
            await call()

    `limiter.limit` is the number of blocks that may run at once: at first `initial`, a whole number, never
    below 1. Who comes when so many run waits. Measure how long each block takes: as long as it takes less
    than `target` seconds the other side can take more, else it is given too much.

    After it has settled: at least 90 % of what the other side can do, with 99 % of the blocks within
    2 * target seconds. When the other side's capacity is halved, or comes back, it has settled again after
    320 blocks. A block that raises or is cancelled, and a wait that is cancelled, gives its place back.
    """

    def __init__(self, initial: int, target: float) -> None:
        raise NotImplementedError

    @property
    def limit(self) -> int:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        raise NotImplementedError


class MLPipeline:
    """Three stages, one task each, with a queue of at most `maxsize` items (1 or more) between two of them.

    `await pipeline.run(paths)` does `await train(await preprocess(await load(path)))` for every path and
    returns what `train` gave, in the order of `paths`. Each stage works on one item at a time, the items in
    order, and all three stages work at the same time: for many items it takes the time of the slowest
    stage. At most 2 * maxsize + 3 items have been loaded and are not trained. Any value can be an item.

    When a stage raises, raise that error itself, at once: the other stages are cancelled and begin no
    further item. When you return, raise or are cancelled, nothing is in flight any more. No paths: return
    []. A pipeline can be run again.
    """

    def __init__(
        self,
        load: Callable[[str], Awaitable[Any]],
        preprocess: Callable[[Any], Awaitable[Any]],
        train: Callable[[Any], Awaitable[Any]],
        maxsize: int,
    ) -> None:
        raise NotImplementedError

    async def run(self, paths: list[str]) -> list[Any]:
        raise NotImplementedError


class PipelineMonitor:
    """The queues of a pipeline, and how full they were, who waited for them, and which stage was the slowest.

    `queues` maps the name of each queue to its maxsize. A stage is a task that calls `put` and `get`; its
    name is that of the task, `asyncio.current_task().get_name()`.

    `report()` may be called at any time. It gives

        {"queues": {queue: {"mean_depth": items, "peak_depth": items,
                            "put_wait": seconds, "get_wait": seconds, "puts_blocked": count}},
         "stages": {stage: utilisation},
         "bottleneck": stage}

    "mean_depth" is the average over time since the monitor was made, every second counting the same;
    "peak_depth" the most items that were in the queue. "put_wait" and "get_wait" are the seconds that all
    calls of `put` and `get` waited, together, those that still wait included. "puts_blocked" counts the
    puts that found the queue full. Utilisation is the share of a stage's time in which it did not wait in
    `put` or `get`, a ratio; its time runs from when the monitor was made to the end of its last `put` or
    `get`. The bottleneck is the stage with the highest utilisation; None before any stage has ended a call.
    """

    def __init__(self, queues: dict[str, int]) -> None:
        raise NotImplementedError

    async def put(self, queue: str, item: Any) -> None:
        """Put the item into that queue; wait while it is full."""
        raise NotImplementedError

    async def get(self, queue: str) -> Any:
        """Take the oldest item out of that queue; wait while it is empty."""
        raise NotImplementedError

    def report(self) -> dict[str, Any]:
        raise NotImplementedError
