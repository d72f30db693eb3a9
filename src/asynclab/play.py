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
from asyncio import all_tasks, sleep, wait
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal

from asynclab.capture import Capture, captured_by, capturing
from asynclab.lanes import on_clock, virtual_time
from asynclab.link import Uncrossable, decode, describe, encode
from asynclab.loop import MAX_TURNS, RunEnded, VirtualLoop
from asynclab.record import Record
from asynclab.service_client import ServiceClient
from asynclab.source_line import in_learners_code, is_learners, line_of_frame, line_of_traceback
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
        self._cpu_clock: int | None = None

    # -- in the run's thread

    def _live(self) -> None:
        # Asked for here: for a thread that has ended, the answer may be a crash.
        if hasattr(time, "pthread_getcpuclockid"):
            self._cpu_clock = time.pthread_getcpuclockid(threading.get_ident())
        with contextlib.suppress(RunEnded):  # one that comes when the learner's code has just ended
            try:
                with captured_by(self._capture), on_clock(self.loop):
                    try:
                        self._play()
                    finally:
                        self._clean_up()
            finally:
                self.over.set()

    def _play(self) -> None:
        try:
            self.loop.run_until_complete(self._main())
            self.loop.tell()
            if all_tasks(self.loop):
                self.loop.run_until_complete(sleep(LINGER))
        except RunEnded as end:
            self.with_learner = False
            self._tell("stop", end.why, end.text, end.line)
        except BaseException as error:  # a task of the learner's let SystemExit or KeyboardInterrupt out
            self._tell("raise", *_told(error))
        finally:
            self.with_learner = False
            sys.settrace(None)  # see `_raise_in`

    async def _main(self) -> None:
        try:
            await self._call()
        except RunEnded:
            raise
        except Uncrossable as refused:
            self._tell("raise", "Uncrossable", str(refused), "")
        except BaseException as error:
            self._tell("raise", *_told(error))

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
            hint = "is it `async def`" if inspect.isgenerator(returned) else "is a `yield` missing"
            raise Uncrossable(f"{describe(returned)} where `async for` needs an async generator: {hint}?")
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
        printed = [("print", self._capture.printed)] if self._capture.printed else []
        noise = [("noise", text) for text in self._capture.noise]
        with contextlib.suppress(RunEnded) if end[0] == "stop" else contextlib.nullcontext():
            self.loop.tell(*printed, *noise, end)

    def _notice(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        because = f": {type(error).__name__}: {_text_of(error)}" if error is not None else ""
        message = context.get("message", "asyncio complained").replace("VirtualTask", "Task")
        self._capture.notice(message + because)

    def _clean_up(self) -> None:
        """End what is left, so that nothing of this run is heard of later."""
        self.world.close()
        self.loop.finish()
        with contextlib.suppress(BaseException):  # also RunEnded: a `finally` that computes for ever
            self._cancel_all()
        with contextlib.suppress(BaseException):
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        for task in all_tasks(self.loop):
            _close_for_ever(task.get_coro())
        self.loop.close()
        self.loop.entry = None
        gc.collect()  # what complains only now is captured, and too late to count

    def _cancel_all(self) -> None:
        left = sorted(all_tasks(self.loop), key=hash)
        for task in left:
            task.cancel()
        if left:
            self.loop.run_until_complete(wait(left, timeout=1))

    # -- in the watching thread

    def cpu_seconds(self) -> float:
        """CPU time that the thread has used; of the whole process where a thread's cannot be read."""
        if not hasattr(time, "pthread_getcpuclockid"):
            return time.process_time()
        if self._cpu_clock is None:  # it has not begun
            return 0.0
        try:
            return time.clock_gettime(self._cpu_clock)
        except OSError:  # it has just ended
            return 0.0

    def line(self) -> str:
        """The learner's line that the thread is at."""
        return line_of_frame(self._frame())

    def interrupt(self, end: RunEnded) -> None:
        """Raise `end` in the learner's code, again and again if the code catches it."""
        attempts, began = 0, _real_monotonic()
        while attempts < 50 and _real_monotonic() - began < self.limits.wall:
            # The clean-up runs code of the learner's as well: a cancelled task's `finally`.
            if self.with_learner or in_learners_code(self._frame()):
                _raise_in(self.thread, end)
                attempts += 1
            if self.over.wait(0.01):
                return
        text = f"{end.text}; it cannot be stopped either, so it runs on: restart the kernel"
        self.world.handle([["stop", end.why, text, end.line]])
        self.world.close()

    def _frame(self) -> FrameType | None:
        return sys._current_frames().get(self.thread.ident or 0)


def _watch(run: _Run) -> None:
    """Start the run and wait for its end, which is brought about when it takes too long or on Ctrl-C."""
    end: RunEnded | None = None
    while not run.over.is_set():
        try:
            end = end or _start_and_wait(run)
            if end is not None:
                run.interrupt(end)
            return
        except KeyboardInterrupt:
            end = RunEnded("interrupted", "you interrupted it", run.line())


def _start_and_wait(run: _Run) -> RunEnded | None:
    """Until the run is over; gives the reason to end it, if there is one."""
    limits, began, cpu_began = run.limits, _real_monotonic(), run.cpu_seconds()
    if run.thread.ident is None:
        run.thread.start()
    while not run.over.wait(0.02):
        if run.cpu_seconds() - cpu_began > limits.cpu:
            return RunEnded("cpu", f"it computed for {limits.cpu:g} s without coming to an end", run.line())
        if _real_monotonic() - began > limits.wall:
            return RunEnded("wall", f"nothing came of it in {limits.wall:g} s of real time", run.line())
    return None


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
        # Not at "exception", which Python 3.12 and later report where the first one is still to be caught.
        if event == "line" and is_learners(frame.f_code.co_filename):
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
    if inspect.isawaitable(returned):
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


def _close_for_ever(coroutine: Any) -> None:
    """Close the coroutine of a task that did not end when it was cancelled.

    One that goes on whatever is raised in it is never dropped: Python would complain on stderr.
    """
    with contextlib.suppress(BaseException):
        coroutine.close()
    if getattr(coroutine, "cr_frame", None) is not None:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(coroutine))


def _told(error: BaseException) -> tuple[str, str, str]:
    """An exception as the world is told of it: type, text, the learner's line."""
    name: str = type.__dict__["__name__"].__get__(type(error))  # the real one, whatever its metaclass says
    return name, _text_of(error), line_of_traceback(error.__traceback__)


def _text_of(error: BaseException) -> str:
    try:
        return str.__getitem__(str(error), slice(500))
    except BaseException as broken:
        return f"(its text cannot be read: {type(broken).__name__})"
