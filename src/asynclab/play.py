"""Run one function in one world: in a thread of its own, with limits, and clean up whatever happens.

The calling thread only watches, so a run works beside the running loop of a notebook's kernel, it
ends on Ctrl-C, and `while True: pass` ends at its limit of CPU time.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import inspect
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal

from asynclab.capture import Capture, captured_by, capturing
from asynclab.lanes import on_clock, virtual_time
from asynclab.link import Uncrossable, decode, describe, encode
from asynclab.loop import MAX_TURNS, RunEnded, VirtualLoop
from asynclab.record import Record
from asynclab.service_client import ServiceClient
from asynclab.source_line import is_learners, line_of_frame, line_of_traceback
from asynclab.world import World

#: How long the world goes on after the function has returned, in its seconds: leaked tasks betray themselves.
LINGER = 10.0

How = Literal["await", "iterate"]

_real_monotonic = time.monotonic


@dataclass(frozen=True)
class Limits:
    """When a run is ended from outside: seconds of CPU, seconds on the wall, turns without time passing."""

    cpu: float = 1.0
    wall: float = 10.0
    turns: int = MAX_TURNS


def play(
    world: World,
    function: Callable[..., Any],
    *args: Any,
    how: How = "await",
    limits: Limits | None = None,
) -> Record:
    """Run ``await function(*args)`` in the world and return the record of it.

    With ``how="iterate"`` it is ``async for item in function(*args)``, and each item is recorded.
    Services among the arguments arrive as objects with methods. Whatever the function does, this
    returns: an exception, a deadlock, an endless loop and Ctrl-C are in the record's `outcome`.

    >>> async def fetch_one(store):
    ...     return await store.get("a")
    >>> world = World(seed=1)
    >>> play(world, fetch_one, world.service("store", latency=2.0)).elapsed
    2.0
    """
    if inspect.iscoroutine(function):
        name = function.__qualname__
        function.close()
        raise TypeError(
            "play takes the function, not the call: "
            f"write play(world, {name}, ...) instead of play(world, {name}(...))"
        )
    run = _Run(world, function, encode(args), how, limits or Limits())
    with virtual_time(), capturing():
        _watch(run)
    return world.record()


class _Run:
    """The thread that a learner's function runs in, and how to end it."""

    def __init__(
        self, world: World, function: Callable[..., Any], args: list[Any], how: How, limits: Limits
    ) -> None:
        self.world = world
        self.limits = limits
        self.loop = VirtualLoop(world.handle, max_turns=limits.turns)
        self.loop.set_exception_handler(self._notice)
        self.thread = threading.Thread(target=self._live, name="asynclab run", daemon=True)
        self.with_learner = True  # False once the learner's code is done and the runner cleans up
        # Not `thread.is_alive`: in Python before 3.13, a Ctrl-C during `thread.join` makes it False for ever.
        self.over = threading.Event()
        self._function = function
        self._args = args
        self._how = how
        self._capture = Capture()

    # -- in the run's thread

    def _live(self) -> None:
        try:
            with captured_by(self._capture), on_clock(self.loop), contextlib.suppress(RunEnded):
                try:
                    self._play()
                finally:
                    self.with_learner = False
                    sys.settrace(None)  # see `_raise_in`
                    self.world.close()
                    self._clean_up()
        finally:
            self.over.set()

    def _play(self) -> None:
        try:
            self.loop.run_until_complete(self._main())
            self.loop.flush()
            if asyncio.all_tasks(self.loop):
                self.loop.run_until_complete(asyncio.sleep(LINGER))
        except RunEnded as end:
            self.with_learner = False
            self._tell("stop", end.why, end.text, end.line)
        except BaseException as error:  # a task of the learner's let SystemExit or KeyboardInterrupt out
            self._tell("raise", type(error).__name__, str(error), line_of_traceback(error.__traceback__))

    async def _main(self) -> None:
        try:
            await self._call()
        except RunEnded:
            raise
        except Uncrossable as refused:
            self._tell("raise", "Uncrossable", str(refused), "")
        except BaseException as error:
            self._tell("raise", type(error).__name__, _text_of(error), line_of_traceback(error.__traceback__))

    async def _call(self) -> None:
        args = decode(self._args, ServiceClient)
        returned = self._function(*args)
        self.loop.entry = returned
        if self._how == "iterate":
            await self._iterate(returned)
            self._tell("return", None)
            return
        value = await _awaited(self._function, returned)
        try:
            self._tell("return", encode(value))
        except Uncrossable:
            close_coroutines(value)
            raise

    async def _iterate(self, returned: AsyncIterator[Any]) -> None:
        if not hasattr(returned, "__aiter__"):
            self._raise_if_untouched(returned)
            close_coroutines(returned)
            raise Uncrossable(f"{describe(returned)} where `async for` needs an async generator")
        async for item in returned:
            self.loop.say("item", encode(item))

    def _raise_if_untouched(self, returned: Any) -> None:
        """Raise the stub's NotImplementedError: without a `yield` it is a coroutine and raises when run."""
        if not inspect.iscoroutine(returned):
            return
        with contextlib.suppress(StopIteration), self.loop.unheard():
            returned.send(None)

    def _tell(self, *end: Any) -> None:
        """Tell the world how it ended, and before that what was printed and noticed."""
        gc.collect()  # forgotten coroutines complain now, whenever the collector would have come by
        if self._capture.printed:
            self.loop.say("print", self._capture.printed)
        for text in self._capture.noise:
            self.loop.say("noise", text)
        self.loop.say(*end)
        self.loop.flush()

    def _notice(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        because = f": {type(error).__name__}: {error}" if error is not None else ""
        message = context.get("message", "asyncio complained").replace("VirtualTask", "Task")
        self._capture.notice(message + because)

    def _clean_up(self) -> None:
        """Cancel what is left, so that nothing of this run is heard of later."""
        self.loop.finish()
        try:
            left = sorted(asyncio.all_tasks(self.loop), key=hash)
            for task in left:
                task.cancel()
            if left:
                self.loop.run_until_complete(asyncio.wait(left, timeout=1))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        except RunEnded:
            pass  # a task that swallows its cancellation: it goes with the loop
        finally:
            self.loop.close()
            self.loop.entry = None
            gc.collect()  # what complains only now is captured, and too late to count

    # -- in the watching thread

    def cpu_seconds(self) -> float:
        """CPU time that the thread has used; of the whole process where a thread's cannot be read."""
        if self.thread.ident is None or not hasattr(time, "pthread_getcpuclockid"):
            return time.process_time()
        try:
            return time.clock_gettime(time.pthread_getcpuclockid(self.thread.ident))
        except OSError:  # it has just ended
            return 0.0

    def line(self) -> str:
        """The learner's line that the thread is at."""
        return line_of_frame(sys._current_frames().get(self.thread.ident or 0))

    def interrupt(self, end: RunEnded) -> None:
        """Raise `end` in the learner's code, again and again if the code catches it."""
        for _ in range(50):
            if self.with_learner:
                _raise_in(self.thread, end)
            if self.over.wait(0.01):
                return
        text = f"{end.text}; it cannot be stopped either, so it runs on: restart the kernel"
        self.world.handle([["stop", end.why, text, end.line]])
        self.world.close()


def _watch(run: _Run) -> None:
    """Start the run and wait for its end, which is brought about when it takes too long."""
    run.thread.start()
    began, cpu_began = (
        _real_monotonic(),
        0.0 if hasattr(time, "pthread_getcpuclockid") else time.process_time(),
    )
    limits = run.limits
    try:
        while not run.over.wait(0.02):
            if run.cpu_seconds() - cpu_began > limits.cpu:
                text = f"it computed for {limits.cpu:g} s without coming to an end"
                return run.interrupt(RunEnded("cpu", text, run.line()))
            if _real_monotonic() - began > limits.wall:
                text = f"nothing came of it in {limits.wall:g} s of real time"
                return run.interrupt(RunEnded("wall", text, run.line()))
    except KeyboardInterrupt:
        run.interrupt(RunEnded("interrupted", "you interrupted it", run.line()))


def _raise_in(thread: threading.Thread, end: RunEnded) -> None:
    """Raise `end` in another thread, at its next bytecode.

    CPython takes a class and makes the exception over there, so its `__init__` runs in that thread.
    There it also arms a trace function, which raises once more on the next line of the learner's:
    ``except BaseException: pass`` catches the first one, and its `pass` is that next line.
    """

    def raised_there(self: RunEnded) -> None:
        RunEnded.__init__(self, end.why, end.text, end.line)
        _raise_on_next_line(end)

    kind = type("RunEnded", (RunEnded,), {"__init__": raised_there})
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(kind))


def _raise_on_next_line(end: RunEnded) -> None:
    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if is_learners(frame.f_code.co_filename):
            raise RunEnded(end.why, end.text, end.line)
        return trace

    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if is_learners(frame.f_code.co_filename):
            frame.f_trace = trace
        frame = frame.f_back
    sys.settrace(trace)


async def _awaited(function: Callable[..., Any], returned: Any) -> Any:
    """``await returned``, with a sentence for the answer that forgot `async def`."""
    if isinstance(returned, Awaitable):
        return await returned
    if hasattr(returned, "__aiter__"):
        raise Uncrossable(f"{describe(returned)}: it yields where it should return")
    name = getattr(function, "__name__", "the function")
    raise Uncrossable(
        f"{describe(returned)} at once, but it is called as `await {name}(...)`: is it `async def`?"
    )


def close_coroutines(value: Any, depth: int = 3) -> None:
    """Close the coroutines in a refused value, so that they do not complain later."""
    if inspect.iscoroutine(value):
        value.close()
    elif isinstance(value, list | tuple | set | frozenset) and depth:
        for item in value:
            close_coroutines(item, depth - 1)
    elif isinstance(value, dict) and depth:
        close_coroutines(list(value.values()), depth - 1)


def _text_of(error: BaseException) -> str:
    try:
        return str(error)[:500]
    except Exception as broken:
        return f"(its text cannot be read: {type(broken).__name__})"
