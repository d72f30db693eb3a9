"""The notebook's own event loop, watched: `await watch(coro)` draws which tasks ran when."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar, cast, overload

from asynclab.cell import cell_is_stopped
from asynclab.driver import drive, recorder_here, task_factory
from asynclab.garbage import what_is_old_left_alone
from asynclab.picture import trace_events
from asynclab.pulse import Pulse, Watchdog
from asynclab.record import Record
from asynclab.recorder import Recorder, plain
from asynclab.screen import Screen, get_ready
from asynclab.source_line import line_of_frame, line_of_traceback

T = TypeVar("T")

#: Seconds from one look at queues and at the loop's lateness to the next.
PULSE = 0.01

#: Seconds from one look of the thread that finds the line at which the loop is blocked to the next.
LOOK = 0.02

#: Seconds that the loop is blocked until that thread says where: a recorded block is longer.
BLOCKED = 0.02

PANELS = ("lanes", "queues", "latency")


@overload
def watch(
    coro: Coroutine[Any, Any, T], *, show: Sequence[str] = ..., queues: Mapping[str, Any] | None = ...
) -> Coroutine[Any, Any, T]: ...
@overload
def watch(*, show: Sequence[str] = ..., queues: Mapping[str, Any] | None = ...) -> Run: ...
def watch(
    coro: Any = None,
    *,
    show: Sequence[str] = ("lanes", "queues"),
    queues: Mapping[str, Any] | None = None,
) -> Any:
    """Run a coroutine as `await coro` does, and draw what happens, while it happens and for good.

    Write `await watch(fetch(store))`: the call with its arguments, inside `watch`. Its value is the
    coroutine's value; an exception leaves as it would without `watch`, and the picture still comes.

    Without a coroutine it watches a block: `with watch() as run:` draws what the tasks do that are made
    in it, and `run.save("run.json")` keeps it, to be opened in Perfetto or by `asynclab timeline`.

    `queues` are drawn with their depth over time, by the names you give them: `queues={"to train": queue}`.
    A queue's depth is its `qsize()`, a semaphore's is how many wait for it. They are looked at every 10 ms.
    `show` says what is drawn: "lanes", "queues", and "latency", a histogram of how long the calls took.
    """
    unknown = [panel for panel in show if panel not in PANELS]
    if unknown or isinstance(show, str):
        raise ValueError(f"watch can show {', '.join(map(repr, PANELS))}, and was given show={show!r}")
    if coro is None:
        return Run("this cell", show, queues or {})
    if not inspect.iscoroutine(coro):
        raise TypeError(_what_to_write(coro))
    return _watch(coro, Run(coro.__name__, show, queues or {}))


async def _watch(coro: Coroutine[Any, Any, T], run: Run) -> T:
    __tracebackhide__ = True  # IPython's tracebacks then go from the cell to the learner's line
    with run:
        run.value = await drive(run.recorder, run.number, coro)
        value: T = run.value
        return value


_watch.__name__ = _watch.__qualname__ = "watch"  # so a list of tasks has the name that the learner wrote


class Run:
    """What is being watched, or was: `with watch() as run`."""

    def __init__(self, name: str, show: Sequence[str], queues: Mapping[str, Any]) -> None:
        self._name, self._show = name, show
        self._depths = {name: _depth_of(name, queue) for name, queue in queues.items()}
        self.value: Any = None  # the coroutine's

    @property
    def record(self) -> Record:
        """All that has been seen so far; see `asynclab.record`."""
        return self.recorder.record()

    def save(self, path: str | Path) -> None:
        """Write it as Chrome trace events, which ui.perfetto.dev and `asynclab timeline FILE` open."""
        Path(path).write_text(json.dumps(trace_events(self.record)), encoding="utf-8")

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        get_ready()
        self.recorder = Recorder(outside=self._name)
        self.number = self.recorder.begin(self._name) or 0
        self._seen: dict[str, int] = {}
        self._outer = recorder_here.get()
        recorder_here.set(self.recorder)
        self._stack = ExitStack()
        self._stack.enter_context(what_is_old_left_alone)
        self._stack.enter_context(task_factory(loop))
        self._screen = Screen(self.recorder, self._name, self._show)
        self._look()
        pulse = Pulse(loop, PULSE, self._beat)
        watchdog = Watchdog(pulse, LOOK, BLOCKED, self._find_line)
        self._stack.callback(pulse.stop)
        self._stack.callback(watchdog.stop)
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        self._stack.close()
        recorder_here.set(self._outer)
        self._look()
        self.recorder.finish(self.number)
        line = line_of_traceback(traceback)
        if error is None:
            self.recorder.add("return", plain(self.value))
        elif isinstance(error, KeyboardInterrupt) or (_is_cancelled(error) and cell_is_stopped()):
            self.recorder.add("stop", "interrupted", "you stopped it", line)
        else:
            self.recorder.add("raise", type(error).__name__, str(error), line)
        self.recorder.close()
        self._screen.close()

    def _beat(self, late_ns: int) -> None:
        self.recorder.late(late_ns)
        self._look()

    def _look(self) -> None:
        for name, depth_of in self._depths.items():
            depth = depth_of()
            if depth != self._seen.get(name):
                self._seen[name] = depth
                self.recorder.add("depth", name, depth)

    def _find_line(self, frame: FrameType) -> None:
        self.recorder.seen_blocked(line_of_frame(frame))


def _is_cancelled(error: BaseException) -> bool:
    return isinstance(error, asyncio.CancelledError)


async def observe(call: Coroutine[Any, Any, T], service: str, method: str, *args: Any) -> T:
    """Await a demo service's answer, and tell whoever watches when it was asked for and how it ended."""
    __tracebackhide__ = True
    recorder = recorder_here.get()
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


def _depth_of(name: str, queue: Any) -> Callable[[], int]:
    """A function that says how deep a queue is, or how many wait for a semaphore."""
    if hasattr(queue, "qsize"):
        return cast("Callable[[], int]", queue.qsize)
    if isinstance(queue, asyncio.Semaphore | asyncio.Lock):
        return lambda: sum(not waiter.done() for waiter in queue._waiters or ())  # noqa: SLF001 - no other door
    if callable(queue):
        return cast("Callable[[], int]", queue)
    raise TypeError(
        f"watch can draw a queue, a semaphore, or a function that gives a number; {name!r} is {queue!r:.80}"
    )


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
