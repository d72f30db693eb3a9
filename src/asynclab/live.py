"""The notebook's own event loop, watched: `await watch(coro)` draws which tasks ran when.

Only what the watched code starts is recorded. It is known by a context variable, which tasks and
callbacks inherit, and its tasks are wrapped by a task factory that stays on the loop meanwhile.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import types
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from asynclab.recorder import Recorder, plain
from asynclab.source_line import line_of_traceback, where_it_waits

T = TypeVar("T")

_active: ContextVar[Recorder | None] = ContextVar("asynclab_recorder", default=None)


async def watch(coro: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine as `await coro` does, then draw what happened.

    Write `await watch(fetch(store))`: the call with its arguments, inside `watch`. Its value is the
    coroutine's value; an exception leaves as it would without `watch`, and the picture still comes.
    """
    __tracebackhide__ = True  # IPython's tracebacks then go from the cell to the learner's line
    if not inspect.iscoroutine(coro):
        raise TypeError(_what_to_write(coro))
    recorder, outer = Recorder(), _active.get()
    _active.set(recorder)
    try:
        with _task_factory(asyncio.get_running_loop()):
            value: T = await _drive(recorder, recorder.begin(coro.__name__), coro)
        recorder.add("return", plain(value))
        return value
    except KeyboardInterrupt:
        recorder.add("stop", "interrupted", "you interrupted it", "")
        raise
    except BaseException as error:
        recorder.add("raise", type(error).__name__, str(error), line_of_traceback(error.__traceback__))
        raise
    finally:
        _active.set(outer)
        recorder.close()
        _display(recorder, coro.__name__)


async def observe(call: Coroutine[Any, Any, T], service: str, method: str, *args: Any) -> T:
    """Await a demo service's answer, and tell whoever watches when it was asked for and how it ended."""
    __tracebackhide__ = True
    recorder = _active.get()
    if recorder is None:
        return await call
    id = recorder.call(service, method, args)
    try:
        value = await call
    except (asyncio.CancelledError, GeneratorExit):
        recorder.add("cancel", id)
        raise
    except BaseException as error:
        recorder.add("error", id, type(error).__name__, str(error))
        raise
    recorder.add("reply", id, plain(value))
    return value


# -- a coroutine, step by step


@types.coroutine
def _drive(
    recorder: Recorder, number: int, coro: Coroutine[Any, Any, T], *, first_step_later: bool = False
) -> Generator[Any, Any, T]:
    """Run a coroutine as `await` does, and note when each of its steps begins and ends."""
    __tracebackhide__ = True
    value: Any = None
    error: BaseException | None = None
    if first_step_later:
        try:
            yield
        except BaseException as thrown:
            error = thrown
    while not isinstance(error, GeneratorExit):
        since = recorder.run(number)
        try:
            waits_for = coro.send(value) if error is None else coro.throw(error)
        except StopIteration as stop:
            recorder.end(number, since, "returned")
            result: T = stop.value
            return result
        except asyncio.CancelledError:
            recorder.end(number, since, "cancelled")
            raise
        except BaseException:
            recorder.end(number, since, "raised")
            raise
        recorder.wait(number, since, _why(coro, waits_for))
        value = error = None
        try:
            value = yield waits_for
        except BaseException as thrown:
            error = thrown
    # The task was dropped and is being collected; the coroutine may have been closed before us.
    coro.close()
    recorder.end(number, recorder.run(number), "cancelled")
    raise error


def _why(coro: Coroutine[Any, Any, Any], waits_for: object) -> str:
    """What a task waits for: its next turn, another task, or what it called, such as `Queue.get`."""
    if waits_for is None:
        return "its next turn"
    if isinstance(waits_for, asyncio.Task):
        return f"task {waits_for.get_name()}"
    inside, _ = where_it_waits(coro)
    return inside or ("gather" if type(waits_for).__name__ == "_GatheringFuture" else "a future")


# -- the tasks that it makes


class _Factory:
    """The loop's task factory while anything is watched; tasks are made by the factory before it."""

    def __init__(self, before: Callable[..., Any] | None) -> None:
        self.before = before
        self.watching = 0

    def __call__(self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> Any:
        make = self.before or _plain_task
        recorder = _active.get()
        if recorder is None or not inspect.iscoroutine(coro):
            return make(loop, coro, **options)
        number = recorder.begin(coro.__name__)
        task = make(loop, _as_task(recorder, number, coro), **options)
        recorder.made(number, task)
        return task


def _plain_task(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
    return asyncio.Task(coro, loop=loop, **options)


def _as_task(recorder: Recorder, number: int, coro: Any) -> Any:
    async def steps() -> Any:
        __tracebackhide__ = True
        return await _drive(recorder, number, coro, first_step_later=True)

    wrapped: Any = steps()
    wrapped.__name__, wrapped.__qualname__ = coro.__name__, coro.__qualname__
    # Run it up to the door of the first step. A task cancelled before it ever ran would otherwise
    # never reach the learner's coroutine, and Python would complain that nobody awaited it.
    wrapped.send(None)
    return wrapped


@contextmanager
def _task_factory(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
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


# -- what the learner sees


def _display(recorder: Recorder, name: str) -> None:
    """One static figure in a notebook, with the same as text beside it; the text alone anywhere else."""
    from asynclab.narrate import narrate
    from asynclab.picture import figure, text_bars
    from asynclab.show import answer_guess

    record = recorder.record()
    lost = f"The picture ends early: {recorder.lost:,} later events were not kept." if recorder.lost else ""
    sentence = " ".join(filter(None, [narrate(record), answer_guess(name, record.elapsed), lost]))
    text = f"{text_bars(record)}\n{sentence}"
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        from IPython.display import display

        display({"text/html": figure(record, sentence), "text/plain": text}, raw=True)  # type: ignore[no-untyped-call]
    else:
        print(text)


def _what_to_write(given: Any) -> str:
    """The message for something that `watch` cannot run."""
    if inspect.isasyncgen(given):
        return (
            f"watch takes a coroutine, and {given.__name__}(...) is an async generator: "
            "read it in an `async def` of your own and watch that one"
        )
    if callable(given):
        name = getattr(given, "__name__", type(given).__name__)
        return f"watch takes the call, not the function: write watch({name}(...)) instead of watch({name})"
    if inspect.isawaitable(given):
        return (
            f"watch takes a coroutine, and a {type(given).__name__} has started without it: "
            "make it in an `async def` of your own and watch that one"
        )
    return f"watch takes a coroutine, as in watch(fetch(store)), and was given {given!r:.80}"
