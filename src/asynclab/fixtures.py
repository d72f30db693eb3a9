"""Small functions and classes of ours that run on the learner's side, where the judge cannot reach by itself.

A world calls them by name, with JSON values, services and the learner's objects. They hold what
cannot cross the link: an `async with`, an asyncio.Queue, a task that is to be cancelled.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, TypeVar

FIXTURES: dict[str, Callable[..., Any]] = {}

Thing = TypeVar("Thing", bound=Callable[..., Any])


def fixture(thing: Thing) -> Thing:
    """Let worlds call the function by its name, or make objects of the class.

    Raises: ValueError: if another module has one of that name, which would then be another one everywhere.
    """
    known = FIXTURES.get(thing.__name__, thing)
    if known.__module__ != thing.__module__:
        raise ValueError(f"{known.__module__} has a fixture `{thing.__name__}` already: take another name")
    FIXTURES[thing.__name__] = thing
    return thing


@fixture
async def ping() -> None:
    """Answer at once: how late it is tells how long the event loop was not free."""


@fixture
async def within(manager: Any, call: Callable[..., Any], *args: Any) -> Any:
    """``async with manager: return await call(*args)``."""
    async with manager:
        return await call(*args)


@fixture
async def cancelled_at_the_handover(manager: Any, seconds: float, calls: list[Callable[[], Any]]) -> None:
    """Hold a place for so many seconds while `calls` wait for one; cancel the first as it is handed it."""
    async with manager:
        waiting = [asyncio.create_task(within(manager, call)) for call in calls]
        await asyncio.sleep(seconds)
    waiting[0].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


@fixture
async def cancelled_after(seconds: float, function: Callable[..., Any], *args: Any, **named: Any) -> str:
    """Call the function, cancel it so many seconds later, and tell how it ended: "was cancelled" is right."""
    task = asyncio.ensure_future(function(*args, **named))
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.wait([task])
    if task.cancelled():
        return "was cancelled"
    error = task.exception()
    return "returned" if error is None else f"raised {type(error).__name__}"


@fixture
async def cancelled_in_a_block(connections: Any) -> str:
    """Get the connection in a block, be cancelled there, and tell how the block ended."""

    async def block() -> None:
        async with connections:
            await connections.get()
            await asyncio.sleep(60.0)

    return await cancelled_after(5.0, block)


@fixture
class SlowToStop:
    """A call that is not over when it is cancelled: first it awaits `close()`, without arguments."""

    def __init__(self, call: Callable[..., Any], close: Callable[..., Any]) -> None:
        self._call, self._close = call, close

    async def __call__(self, *args: Any) -> Any:
        try:
            return await self._call(*args)
        except asyncio.CancelledError:
            await self._close()
            raise

    async def get(self, key: str) -> Any:
        return await self(key)


@fixture
async def query_in_one_block(
    connections: Any, queries: list[tuple[float, str, float | None]], raises: bool
) -> list[Any]:
    """What each gets who asks for the connection in one block and queries it; errors are results.

    A query is (after so many seconds, key, giving up after so many seconds or None). With `raises`, the
    block ends in a ValueError after the queries.
    """

    async def one(after: float, key: str, patience: float | None) -> Any:
        await asyncio.sleep(after)
        connection = await asyncio.wait_for(connections.get(), patience)
        return await connection.query(key)

    async with connections:
        results = await asyncio.gather(*[one(*query) for query in queries], return_exceptions=True)
        if raises:
            raise ValueError("the block failed")
        return list(results)


@fixture
def run_generators(
    run_loop: Callable[..., None],
    programs: list[tuple[str, list[Any]]],
    step: Callable[[str], None],
    sleep: Callable[[float], None],
) -> None:
    """Call `run_loop` with generators that tell the world of each step, and with the world's clock.

    A program is a name and what it yields: numbers, None, and "raise", at which it raises ValueError.
    """

    def generator(name: str, steps: list[Any]) -> Iterator[float | None]:
        for wait in steps:
            step(name)
            if wait == "raise":
                raise ValueError(f"{name} failed")
            yield wait
        step(name)

    clock = SimpleNamespace(time=time.monotonic, sleep=sleep)
    run_loop([generator(name, steps) for name, steps in programs], clock)


@fixture
async def monitored_stages(
    monitor: Any, queues: list[str], works: list[Callable[[int], Any]], stages: list[str], count: int
) -> None:
    """Stages in a row as tasks of these names, which put and get through the monitor.

    Stage s awaits `works[s](item)` for each item, from 0; it gets from the queue before it and puts into
    the one behind it.
    """

    async def stage(place: int) -> None:
        for number in range(count):
            item = number if place == 0 else await monitor.get(queues[place - 1])
            await works[place](item)
            if place < len(queues):
                await monitor.put(queues[place], item)

    try:
        async with asyncio.TaskGroup() as group:
            for place, name in enumerate(stages):
                group.create_task(stage(place), name=name)
    except* Exception as errors:
        failed = errors.exceptions[0]
    else:
        return
    raise failed


@fixture
async def use_model(
    registry: Any, who: str, version: str | None, seconds: float, before: float = 0.0, fails: bool = False
) -> None:
    """Lease a model and call `predict(who)` at the beginning and at the end of a block of so many seconds.

    The lease is asked for `before` seconds before the block begins. With `fails`, the block ends in a
    ValueError.
    """
    lease = registry.lease(version)
    await asyncio.sleep(before)
    async with lease as model:
        model.predict(who)
        if seconds:
            await asyncio.sleep(seconds)
            model.predict(who)
        if fails:
            raise ValueError("the block failed")


@fixture
class DrainableService:
    """A service at its end: some rows are at the device, others wait for a batch that does not fill.

    It calls `tell(step)` for each step that is taken. Idle clients keep their connections for an hour.
    """

    def __init__(self, device: Callable[[list[Any]], Any], tell: Callable[[str], None]) -> None:
        self._device, self._tell = device, tell
        self._waiting: list[tuple[Any, asyncio.Future[Any]]] = []
        self._open: list[asyncio.Future[Any]] = []
        self._free = asyncio.Lock()
        self._working: list[asyncio.Task[None]] = []
        self._accepts = True

    async def ask(self, row: Any, waits: bool = False) -> Any:
        """The answer to the row, which is at the device at once, or `waits` for others."""
        if not self._accepts:
            raise ConnectionRefusedError("503")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._open.append(future)
        self._waiting.append((row, future))
        if not waits:
            self._send()
        return await future

    def _send(self) -> None:
        batch, self._waiting = self._waiting, []
        if batch:
            self._working.append(asyncio.create_task(self._work(batch)))

    async def _work(self, batch: list[tuple[Any, asyncio.Future[Any]]]) -> None:
        async with self._free:
            results = await self._device([row for row, _ in batch])
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)

    def set_ready(self, ready: bool) -> None:
        self._tell("set_ready(True)" if ready else "set_ready(False)")

    def refuse_new(self) -> None:
        self._accepts = False
        self._tell("refuse_new")

    def flush(self) -> None:
        self._tell("flush")
        self._send()

    def pending(self) -> int:
        return sum(not future.done() for future in self._open)

    async def wait_answered(self) -> None:
        while left := [future for future in self._open if not future.done()]:
            await asyncio.wait(left)

    async def wait_disconnected(self) -> None:
        await asyncio.sleep(3000.0)

    async def close(self) -> None:
        await asyncio.sleep(0)  # who does not await this has not closed
        self._tell("close")
        for future in self._open:
            if not future.done():
                future.set_exception(ConnectionError("closed"))


@fixture
async def drained(drain: Callable[..., Any], service: Any, grace: float, tell: Callable[[str], None]) -> Any:
    """What `drain` returns; when it does, `tell` hears of it."""
    counts = await drain(service, grace)
    tell("returned")
    return counts
