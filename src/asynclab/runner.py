"""The learner's side of a run: their function on the world's clock, with limits, and cleaned up after.

The calling thread only watches, so a run works beside the running loop of a notebook's kernel, it
ends on Ctrl-C, and `while True: pass` ends at its limit of CPU time. Where threads cannot start, as
in a browser tab, the run has the calling thread itself, whose running loop is parked: the records
are the same, the learner's own threads are refused, and nobody watches, so there is no limit of
time: a task that never waits ends at its number of turns, and `while True: pass` at Ctrl-C only.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import inspect
import sys
import threading
import time
import types
from asyncio import all_tasks, sleep, wait
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Literal

from asynclab.capture import Capture, captured_by, capturing
from asynclab.driving import LINGER, Driver
from asynclab.dropping import close_coroutines, close_for_good
from asynclab.early_locks import locks_made_before
from asynclab.garbage import collect, no_collection
from asynclab.lanes import early_bound, off_clock, on_clock, virtual_time
from asynclab.link import Uncrossable, decode, describe, encode, split_named, text_of, without_addresses
from asynclab.loop import MAX_TURNS, VirtualLoop, in_order
from asynclab.needs import reference_answers, standing_in
from asynclab.parking import ctrl_c_noted, on_ctrl_c, parked_loop
from asynclab.references import References
from asynclab.scheduler import Handle, RunEnded, Scheduler
from asynclab.source_line import is_learners, line_of_frame, line_of_traceback
from asynclab.threads import EARLY_BOUND, virtual_threads
from asynclab.watching import raise_on_next_line, watch

#: What is done with the learner's code: `await` it, read it with `async for`, call it as a plain function,
#: or let clients call objects.
How = Literal["await", "iterate", "call", "drive"]

_real_monotonic = time.monotonic


def may_have_threads() -> bool:
    """Whether threads can start here, as far as one knows without trying."""
    return sys.platform not in ("emscripten", "wasi")


@dataclass(frozen=True)
class Limits:
    """When a run is ended from outside: seconds of CPU, seconds on the wall, turns without time passing.

    Without `threads` it has no others than the calling one, and only `turns` counts.
    """

    cpu: float = 1.0
    wall: float = 10.0
    turns: int = MAX_TURNS
    threads: bool = field(default_factory=may_have_threads)

    @classmethod
    def of_cpu(cls, seconds: float) -> Limits:
        """So much CPU, and the real time in which a busy machine has given it: ten times as much."""
        return cls(cpu=seconds, wall=max(cls.wall, 10.0 * seconds))


@dataclass(frozen=True)
class Job:
    """What to run: `function` with encoded `args`, or, to drive, the classes among `names`.

    A number in place of the function is that of something that the scene has made.
    """

    function: Callable[..., Any] | int | None
    args: list[Any]
    how: How
    names: Mapping[str, Any]


def run(handle: Handle, settings: Mapping[str, Any], job: Job, limits: Limits) -> None:
    """Run the job in the world behind `handle`. Whatever it does, this returns; the world has the record."""
    own = _globals_of(job)
    with (
        ctrl_c_noted() as presses,
        no_collection,
        virtual_time,
        virtual_threads,
        capturing,
        early_bound(own, EARLY_BOUND),
        locks_made_before(own),
        off_clock(),  # an answer may check another one, and so be a run that watches a run
    ):
        answers = reference_answers(settings["references"], own)
        with standing_in(answers, own):
            begun = _Run(handle, settings, job, limits, answers)
            if limits.threads and begun.start():
                watch(begun, presses, cpu=limits.cpu, wall=limits.wall)
            else:
                _in_this_thread(begun)


def _globals_of(job: Job) -> dict[str, Any]:
    """The module that the learner's code lives in: what it bound early is looked for there."""
    found = [_its_globals(thing) for thing in (job.function, *job.names.values())]
    modules = [module for module in found if module is not None]
    return next((module for module in modules if module is job.names), modules[0] if modules else {})


def _its_globals(thing: Any) -> dict[str, Any] | None:
    """The module of a function, a partial or a class; of nothing else is an attribute looked at."""
    if type(thing) is functools.partial:
        thing = thing.func
    if issubclass(type(thing), type):
        members = type.__dict__["__dict__"].__get__(thing).values()
        thing = next((member for member in members if type(member) is types.FunctionType), None)
    if type(thing) is types.MethodType:
        thing = thing.__func__
    if type(thing) is not types.FunctionType:
        return None
    with contextlib.suppress(ValueError):  # it wraps itself
        thing = inspect.unwrap(thing, stop=lambda inner: type(inner) is not types.FunctionType)
    is_own = type(thing) is types.FunctionType and is_learners(thing.__code__.co_filename)
    return thing.__globals__ if is_own else None


class _Run:
    """A learner's function as it runs, in a thread of its own or in the calling one, and how to end it."""

    def __init__(
        self,
        handle: Handle,
        settings: Mapping[str, Any],
        job: Job,
        limits: Limits,
        answers: Mapping[str, Any],
    ) -> None:
        self.limits = limits
        self.handle = handle
        self.scheduler = Scheduler(
            handle,
            cores=settings["cores"],
            wall_steps=settings["wall_steps"],
            order_seed=settings["order_seed"],
        )
        self.loop = VirtualLoop(self.scheduler, max_turns=limits.turns)
        self.loop.set_exception_handler(self._notice)
        self.scheduler.describe = self.loop.describe_tasks
        self.scheduler.main.task_name = self._current_task
        self.thread = threading.Thread(target=self.live, name="asynclab run", daemon=True)
        # Not `thread.is_alive`: in Python before 3.13, a Ctrl-C during `thread.join` makes it False for ever.
        self.over = threading.Event()
        self.cpu_clock: int | None = None
        self.with_learner = True  # False once the learner's code is done and the runner cleans up
        self._settings = settings
        self._job = job
        self._references = self.scheduler.refer = References()
        self._driver = Driver(self.scheduler, self.loop, self._references, job.names, answers)
        self.scheduler.on_client = self._driver.hear
        self._capture = Capture()
        self.scheduler.inside_lane = lambda: captured_by(self._capture)
        self.scheduler.on_error = self._notice_thread

    def start(self) -> bool:
        """Begin in a thread of its own; False where there are none."""
        try:
            self.thread.start()
        except RuntimeError:
            return False
        return True

    # -- in the run's thread

    def live(self) -> None:
        # Asked for here: for a thread that has ended, the answer may be a crash.
        if hasattr(time, "pthread_getcpuclockid"):
            with contextlib.suppress(OSError):  # a browser's Python has the function and not the clock
                self.cpu_clock = time.pthread_getcpuclockid(threading.get_ident())
        with contextlib.suppress(RunEnded):  # one that comes when the learner's code has just ended
            try:
                with captured_by(self._capture), on_clock(self.scheduler.main):
                    try:
                        self._play()
                    finally:
                        self._clean_up()
            finally:
                self.over.set()

    def _play(self) -> None:
        self.scheduler.running_thread = threading.get_ident()
        tracing = sys.gettrace()
        try:
            self.loop.run_until_complete(self._main())
            self.scheduler.tell()
            if all_tasks(self.loop) or self.scheduler.lanes:
                self.loop.run_until_complete(sleep(LINGER))
        except RunEnded as end:
            self.with_learner = False
            self._tell("stop", end.why, end.text, end.line or self.loop.describe_tasks())
        except BaseException as error:  # a task of the learner's let SystemExit or KeyboardInterrupt out
            self._tell("raise", *_told(error))
        finally:
            self.with_learner = False
            sys.settrace(tracing)  # see `raise_on_next_line`

    async def _main(self) -> None:
        try:
            await self._do()
        except (RunEnded, GeneratorExit):
            raise
        except Uncrossable as refused:
            self._tell("raise", "Uncrossable", str(refused), "")
        except BaseException as error:
            self._tell("raise", *_told(error))

    async def _do(self) -> None:
        self._driver.make(self._settings["make"])
        if self._job.how == "drive":
            await self._driver.drive()
            self._tell("return", None)
            return
        function: Any = self._job.function
        if isinstance(function, int):
            function = self._references.objects[function]
        args, named = split_named(decode(self._job.args, self._references))
        if self._settings["clients"]:
            self.scheduler.say("drive", self.scheduler.expect(lambda _: None))
        returned = function(*args, **named)
        if self._job.how == "call":
            self._tell_returned(returned)
            return
        self.loop.entry = returned
        if self._job.how == "iterate":
            await self._iterate(returned)
            return
        self._tell_returned(await _awaited(function, returned))

    def _tell_returned(self, value: Any) -> None:
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
            self.scheduler.say("item", encode(item))
        self._tell("return", None)

    def _raise_if_untouched(self, returned: Any) -> None:
        """Raise the stub's NotImplementedError: without a `yield` it is a coroutine and raises when run."""
        if not inspect.iscoroutine(returned):
            return
        with contextlib.suppress(StopIteration), self.scheduler.unheard():
            try:
                returned.send(None)
            finally:
                close_for_good(returned)

    # -- the end

    def _tell(self, *end: Any) -> None:
        """Tell the world how it ended, and before that what was printed and noticed."""
        collect()  # forgotten coroutines complain now, whenever the collector would have come by
        printed = [("print", self._capture.printed)] if self._capture.printed else []
        noise = [("noise", without_addresses(text)) for text in self._capture.noise]
        with contextlib.suppress(RunEnded) if end[0] == "stop" else contextlib.nullcontext():
            self.scheduler.tell(*printed, *noise, end)

    def _notice(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        because = f": {type(error).__name__}: {text_of(error)}" if error is not None else ""
        message = context.get("message", "asyncio complained").replace("VirtualTask", "Task")
        self._capture.notice(message + because)

    def _notice_thread(self, name: str, error: BaseException) -> None:
        self._capture.notice(f"the thread `{name}` ended in {type(error).__name__}: {text_of(error)}")

    def _current_task(self) -> str:
        task = asyncio.current_task(self.loop)
        return "?" if task is None else task.get_name()

    def _clean_up(self) -> None:
        """End what is left, so that nothing of this run is heard of later."""
        self.handle([["close"]])
        self.scheduler.finish()
        left = in_order(all_tasks(self.loop))
        # each may fail: at a task that swallows its cancellation or answers it with SystemExit, or at
        # two that wait for each other, which asyncio cancels in circles; the others are to end all the same
        for task in left:
            with contextlib.suppress(BaseException):
                task.cancel()
        with contextlib.suppress(BaseException):
            self.loop.run_until_complete(wait(left, timeout=1) if left else sleep(0))
        with contextlib.suppress(BaseException):
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        self.loop.entry = None
        for task in left:
            if not task.done():
                close_for_good(task.get_coro())
        collect()  # what complains only now is captured, and too late to count


def _in_this_thread(run: _Run) -> None:
    """The whole run, here and now; what a thread of its own would have, it finds here as well."""

    def interrupt(frame: FrameType | None) -> None:
        if run.with_learner:
            end = RunEnded("interrupted", "you interrupted it", line_of_frame(frame))
            raise_on_next_line(end)
            raise end

    run.scheduler.has_threads = False
    with parked_loop(), on_ctrl_c(interrupt):
        contextvars.Context().run(run.live)


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


def _told(error: BaseException) -> tuple[str, str, str]:
    """An exception as the world is told of it: type, text, the learner's line."""
    name: str = type.__dict__["__name__"].__get__(type(error))  # the real one, whatever its metaclass says
    return name, text_of(error), line_of_traceback(error.__traceback__)
