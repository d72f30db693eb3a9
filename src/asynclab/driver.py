"""Runs coroutines step by step for a recorder, and makes a watched coroutine's tasks watched, too.

What is watched is known by a context variable, which tasks and callbacks inherit. Its tasks are wrapped by
a task factory that stays on the loop as long as anything is watched.
"""

from __future__ import annotations

import asyncio
import inspect
import types
from collections.abc import Callable, Coroutine, Generator, Iterator, MutableSet
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TypeVar

from asynclab.recorder import Recorder, clock
from asynclab.source_line import is_learners

T = TypeVar("T")

#: Who writes down what this task, or this code outside tasks, does; None where nobody watches.
recorder_here: ContextVar[Recorder | None] = ContextVar("asynclab_recorder", default=None)

#: Where to note the tasks that are made, see `session`; None where nobody asks.
tasks_here: ContextVar[MutableSet[asyncio.Task[Any]] | None] = ContextVar("asynclab_tasks", default=None)

_is_learners = lru_cache(maxsize=4096)(is_learners)


# -- a coroutine, step by step


@types.coroutine
def drive(
    recorder: Recorder, number: int, coro: Coroutine[Any, Any, T], *, first_step_later: bool = False
) -> Generator[Any, Any, T]:
    """Run a coroutine as `await` does, and note when each of its steps begins and ends."""
    __tracebackhide__ = True
    send, step = coro.send, recorder.step
    error: BaseException | None = None
    if first_step_later:
        try:
            yield
        except GeneratorExit:
            _drop(recorder, number, coro)
            raise
        except BaseException as thrown:
            error = thrown.with_traceback(None)  # so that a learner's traceback does not end in here
        recorder.runs_in(number, asyncio.current_task())
    while True:  # Each operation in here is part of every switch: see benchmarks/live.py.
        began = clock()
        try:
            waits_for = send(None) if error is None else coro.throw(error)
        except StopIteration as stop:
            recorder.end(number, began, "returned")
            result: T = stop.value
            return result
        except asyncio.CancelledError:
            recorder.end(number, began, "cancelled")
            raise
        except BaseException:
            recorder.end(number, began, "raised")
            raise
        step((began, clock(), number, None if waits_for is None else _reason(coro, waits_for)))
        error = None
        try:
            yield waits_for  # asyncio resumes a task with None, always
        except GeneratorExit:
            _drop(recorder, number, coro)
            raise
        except BaseException as thrown:
            error = thrown.with_traceback(None)  # so that a learner's traceback does not end in here


def _drop(recorder: Recorder, number: int, coro: Coroutine[Any, Any, Any]) -> None:
    """The task was dropped and is being collected; its coroutine may have been closed before us."""
    began = clock()
    coro.close()
    recorder.end(number, began, "cancelled")


def _reason(coro: Any, waits_for: object) -> str:
    """What a task waits for: another task, or what it called, such as `Queue.get`."""
    if isinstance(waits_for, asyncio.Task):
        return f"task {waits_for.get_name()}"
    inside = ""
    while type(coro) is types.CoroutineType:
        code = coro.cr_code
        if _is_learners(code.co_filename):
            inside = ""
        elif not inside:
            inside = code.co_qualname
        coro = coro.cr_await
    return inside or ("gather" if type(waits_for).__name__ == "_GatheringFuture" else "a future")


# -- the tasks that it makes


class _Factory:
    """The loop's task factory while anything is watched; tasks are made by the factory before it."""

    def __init__(self, before: Callable[..., Any] | None) -> None:
        self.before = before
        self.watching = 0

    def __call__(self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> Any:
        task = self._make(loop, coro, **options)
        noted = tasks_here.get()
        if noted is not None:
            noted.add(task)
        return task

    def _make(self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> Any:
        make = self.before or _plain_task
        recorder = recorder_here.get()
        number = recorder.begin(coro.__name__) if recorder is not None and inspect.iscoroutine(coro) else None
        if recorder is None or number is None:
            return make(loop, coro, **options)
        task = make(loop, _as_task(recorder, number, coro), **options)
        recorder.made(number, task)
        return task


def _plain_task(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
    return asyncio.Task(coro, loop=loop, **options)


def _as_task(recorder: Recorder, number: int, coro: Any) -> Any:
    async def steps() -> Any:
        __tracebackhide__ = True
        return await drive(recorder, number, coro, first_step_later=True)

    wrapped: Any = steps()
    wrapped.__name__, wrapped.__qualname__ = coro.__name__, coro.__qualname__
    # Run it up to the door of the first step. A task cancelled before it ever ran would otherwise
    # never reach the learner's coroutine, and Python would complain that nobody awaited it.
    wrapped.send(None)
    return wrapped


@contextmanager
def task_factory(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Ours on the loop, once for all runs watched at the same time; the one before it afterwards."""
    before: Any = loop.get_task_factory()
    factory = before if isinstance(before, _Factory) else _Factory(before)
    loop.set_task_factory(factory)
    factory.watching += 1
    try:
        yield
    finally:
        factory.watching -= 1
        ours: Any = loop.get_task_factory()  # or what the watched code has put there
        if ours is factory and not factory.watching:
            loop.set_task_factory(factory.before)
