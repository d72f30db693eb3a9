"""What the exercises of 02 Concurrency and parallelism ask for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, Literal, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Tool = Literal["async", "threads", "processes", "sequential"]


class Store(Protocol):
    async def get(self, path: str) -> Any: ...


class Sink(Protocol):
    async def put(self, item: Any) -> None: ...


async def infer(
    model: Callable[[list[float]], list[float]],
    batch: list[float],
) -> list[float]:
    """Return `model(batch)`, and keep the event loop free while the model computes.

    `model` is a plain function that blocks whoever calls it. While it runs, other tasks go on
    without delay. Called many times in a row, `infer` does not start a thread each time: it
    uses the threads that the loop keeps, or an executor that you keep. What the model raises
    goes to the caller.
    """
    raise NotImplementedError


async def preprocess_all(
    images: list[str],
    preprocess: Callable[[str], str],
    cores: int,
) -> list[str]:
    """Return `preprocess(image)` for every image, in the order of `images`.

    `preprocess` is a plain function that computes in Python, and holds the GIL as it does. Use
    at most `cores` processes, started once for all images. With n images that take t seconds
    each, n a multiple of `cores`, it takes n / cores * t seconds and the start of the
    processes; the event loop stays free all the while. An error that `preprocess` raises goes
    to the caller, itself. No images: return [].
    """
    raise NotImplementedError


async def bounded_map(
    func: Callable[[Item], Awaitable[Result]], items: Iterable[Item], limit: int
) -> list[Result]:
    """Return `await func(item)` for every item, in the order of `items`.

    At most `limit` calls (1 or more) are in flight, and exactly `limit` as long as there are
    items enough: when one ends, the next begins. `items` is a plain iterable, perhaps a
    generator of a million: take an item when it is needed. At most limit + 2 items have been
    taken and are not finished.

    When a call raises, that error itself goes to the caller, at once; the other calls are
    cancelled and no further one is begun. When you return, raise or are cancelled, nothing is
    in flight any more.
    """
    raise NotImplementedError


async def hybrid_pipeline(
    paths: list[str],
    store: Store,
    transform: Callable[[Any], Any],
    sink: Sink,
    *,
    limit: int,
    cores: int,
) -> None:
    """Load, transform and save every path, the three stages at the same time.

    For each path: `data = await store.get(path)`, `result = transform(data)`,
    `await sink.put(result)`. `transform` is a plain function that computes in Python: run it
    in at most `cores` processes, started once. Results may be saved in any order, each once.

    At most `limit` items have been loaded and are not saved yet. Within that limit each stage
    works on several items at once, and on the next while later stages have the ones before. So
    when `transform` is the slowest, with t seconds, and `limit` is large enough, n items take
    n / cores * t seconds, and in addition one load, one save and the start of the processes.
    The event loop stays free meanwhile.

    An error in any stage goes to the caller, itself, and no further item is begun. When you
    return or raise, no load and no save is in flight.
    """
    raise NotImplementedError


def speedup_table(times: dict[int, float]) -> dict[int, dict[str, float | None]]:
    """Return, for each number of workers in `times`, what they gained.

    `times` maps numbers of workers to seconds, e.g. `{1: 8.0, 2: 5.0, 4: 3.5}`. The table maps
    the same numbers to dicts with three keys: "speedup", the time of one worker over the time
    of n; "efficiency", the speed-up per worker, a ratio (1.0 is perfect); "serial_share", the
    share s of the work that cannot be split, a ratio, from Amdahl's law: speedup =
    1 / (s + (1 - s) / n). One worker has no serial share: there it is None. Without a time for
    one worker, raise ValueError.
    """
    raise NotImplementedError


def run_from_sync(make_coro: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Return what the coroutine that `make_coro()` makes returns, or raise what it raises.

    This is a plain function, and an event loop is running already in the thread that calls it.
    It waits until the result is there; that the loop stands still meanwhile, and runs no other
    task, is the price of a plain function. So do without `nest_asyncio`. A loop that you start
    has stopped when you return.
    """
    raise NotImplementedError


def best_tool(workload: dict[str, Any]) -> Tool:
    """Return the tool that ends this work soonest, among those that fit into the memory.

    `workload` has these keys: "tasks", how many there are; for each of them, one after the
    other, "wait", seconds of waiting for others, "python", seconds of computing with the GIL,
    and "native", seconds of computing without it; "blocking", True when the library that waits
    blocks its thread; "cores"; "memory", the megabytes that there are.

    The tools: "sequential" does one task after the other. "async" has all waits overlap in one
    thread, unless the library blocks; computing does not overlap. "threads" has one thread for
    each task, of 0.1 megabytes: waits overlap, native computing uses all cores, Python
    computing one. "processes" has one process for each core, of 30 megabytes and with 0.05 s
    to start; each does its share of the tasks one after the other. A choice within 10 % of the
    best time is right.
    """
    raise NotImplementedError
