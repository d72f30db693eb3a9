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
