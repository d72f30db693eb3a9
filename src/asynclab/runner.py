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
import ctypes
import functools
import inspect
import sys
import threading
import time
import types
from asyncio import all_tasks, sleep, wait
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Literal

from asynclab.capture import Capture, captured_by, capturing
from asynclab.early_locks import locks_made_before
from asynclab.fixtures import FIXTURES
from asynclab.garbage import collect, no_collection
from asynclab.lanes import early_bound, off_clock, on_clock, virtual_time
from asynclab.link import Uncrossable, decode, describe, encode, split_named, stands_for, text_of
from asynclab.loop import MAX_TURNS, VirtualLoop, in_order
from asynclab.needs import is_stub, reference_answers, snake_case, standing_in
from asynclab.parking import Presses, ctrl_c_noted, on_ctrl_c, parked_loop
from asynclab.references import References
from asynclab.scheduler import Completion, Handle, RunEnded, Scheduler
from asynclab.source_line import in_learners_code, is_learners, line_of_frame, line_of_traceback
from asynclab.threads import EARLY_BOUND, virtual_threads

#: How long the world goes on after the function has returned, in its seconds: leaks betray themselves.
LINGER = 10.0

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
                _watch(begun, presses)
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
        self.scheduler.on_client = self._client
        self.thread = threading.Thread(target=self.live, name="asynclab run", daemon=True)
        # Not `thread.is_alive`: in Python before 3.13, a Ctrl-C during `thread.join` makes it False for ever.
        self.over = threading.Event()
        self._cpu_clock: int | None = None
        self.with_learner = True  # False once the learner's code is done and the runner cleans up
        self._settings = settings
        self._job = job
        self._answers = answers
        self._references = self.scheduler.refer = References()
        self._requests: dict[int, asyncio.Task[Any]] = {}
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
                self._cpu_clock = time.pthread_getcpuclockid(threading.get_ident())
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
            sys.settrace(tracing)  # see `_raise_on_next_line`

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
        self._make()
        if self._job.how == "drive":
            await self._drive()
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

    # -- driven runs

    def _make(self) -> None:
        """The objects that the scene asks for, and the functions."""
        for number, kind, name, args, named in self._settings["make"]:
            thing = self._to_make(kind, name)
            if kind in ("object", "fixture"):
                args, named = decode(args, self._references), decode(named, self._references)
                thing = thing(*args, **named)
            self._references.objects[number] = thing

    def _to_make(self, kind: str, name: str | int) -> Any:
        """What the scene names: of the learner's, of ours, or what was made before."""
        if isinstance(name, int):
            return self._references.objects[name]
        if kind == "fixture":
            return FIXTURES[name]
        if kind == "reference":
            return self._answers[name]
        found = self._job.names.get(name)
        if found is None or is_stub(found):
            found = self._answers.get(snake_case(name), found)
        return self._job.names[name] if found is None else found

    async def _drive(self) -> None:
        """Answer clients until the last one has gone, and what those who left had asked for has ended."""
        drained = asyncio.Event()
        self.scheduler.say("drive", self.scheduler.expect(lambda _: drained.set()))
        await drained.wait()
        if self._requests:
            await wait(self._requests.values(), timeout=LINGER)
        self._tell("return", None)

    def _client(self, completion: Completion) -> None:
        id, what, *request = completion
        if what == "depart":
            task = self._requests.get(-id)
            if task is not None:
                self.loop.call_soon_threadsafe(task.cancel)
        elif self.scheduler.dice is not None and self.scheduler.dice.random() < 0.5:
            self._answer_later(-id, *request)  # ahead of the replies of this instant
        else:
            self.loop.call_soon_threadsafe(self._answer_later, -id, *request)

    def _answer_later(self, id: int, target: int, method: str, args: list[Any]) -> None:
        self._requests[id] = self.loop.create_task(self._answer(id, target, method, args))

    async def _answer(self, id: int, target: int, method: str, args: list[Any]) -> None:
        try:
            function = getattr(self._references.objects[target], method) if target else FIXTURES[method]
            if callable(function):
                positional, named = split_named(decode(args, self._references))
                returned = function(*positional, **named)
            else:  # an attribute of the object
                returned = function
            value = await returned if isinstance(returned, Awaitable) else returned
            answer = ("reply", encode(value), "")
        except (RunEnded, GeneratorExit):
            raise
        except (Exception, asyncio.CancelledError) as error:
            answer = ("error", text_of(error), stands_for(type(error)))  # not heard when the client has left
        finally:
            self._requests.pop(id, None)
        self.scheduler.say("answer", id, *answer)

    # -- the end

    def _tell(self, *end: Any) -> None:
        """Tell the world how it ended, and before that what was printed and noticed."""
        collect()  # forgotten coroutines complain now, whenever the collector would have come by
        printed = [("print", self._capture.printed)] if self._capture.printed else []
        noise = [("noise", text) for text in self._capture.noise]
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

    # -- in the watching thread

    def cpu_seconds(self) -> float:
        """CPU time that the run's threads have used; of the whole process where a thread's cannot be read."""
        if not hasattr(time, "pthread_getcpuclockid"):
            return time.process_time()
        clocks = [self._cpu_clock, *(lane.cpu_clock for lane in list(self.scheduler.lanes.values()))]
        return self.scheduler.cpu_of_ended + sum(map(_read_clock, clocks))

    def line(self) -> str:
        """The learner's line that the run is at."""
        return line_of_frame(self._frame())

    def interrupt(self, end: RunEnded) -> None:
        """Raise `end` in the learner's code, again and again if the code catches it."""
        attempts, began = 0, _real_monotonic()
        while attempts < 50 and _real_monotonic() - began < self.limits.wall:
            # The clean-up runs code of the learner's as well: a cancelled task's `finally`.
            if self.with_learner or in_learners_code(self._frame()):
                _raise_in(self.scheduler.running_thread, end)
                attempts += 1
            if self.over.wait(0.01):
                return
        text = f"{end.text}; it cannot be stopped either, so it runs on: restart the kernel"
        self.handle([["stop", end.why, text, end.line], ["close"]])

    def _frame(self) -> FrameType | None:
        return sys._current_frames().get(self.scheduler.running_thread)


def _read_clock(clock: int | None) -> float:
    try:
        return 0.0 if clock is None else time.clock_gettime(clock)
    except OSError:  # its thread has just ended
        return 0.0


def _watch(run: _Run, presses: Presses) -> None:
    """Wait for the end of the run, which is brought about when it takes too long or on Ctrl-C."""
    end = _wait_for(run, presses)
    if end is not None:
        run.interrupt(end)


def _wait_for(run: _Run, presses: Presses) -> RunEnded | None:
    """Until the run is over; gives the reason to end it, if there is one."""
    limits, began = run.limits, _real_monotonic()
    cpu_began = 0.0 if hasattr(time, "pthread_getcpuclockid") else time.process_time()
    while not run.over.wait(0.02):
        if presses.pressed:
            presses.heard = True
            return RunEnded("interrupted", "you interrupted it", run.line())
        if run.cpu_seconds() - cpu_began > limits.cpu:
            return RunEnded("cpu", f"it computed for {limits.cpu:g} s without coming to an end", run.line())
        if _real_monotonic() - began > limits.wall:
            return RunEnded("wall", f"nothing came of it in {limits.wall:g} s of real time", run.line())
    return None


def _in_this_thread(run: _Run) -> None:
    """The whole run, here and now; what a thread of its own would have, it finds here as well."""

    def interrupt(frame: FrameType | None) -> None:
        if run.with_learner:
            end = RunEnded("interrupted", "you interrupted it", line_of_frame(frame))
            _raise_on_next_line(end)
            raise end

    run.scheduler.has_threads = False
    with parked_loop(), on_ctrl_c(interrupt):
        contextvars.Context().run(run.live)


def _raise_in(thread: int, end: RunEnded) -> None:
    """Raise `end` in another thread, at its next bytecode.

    CPython takes a class and makes the exception over there, so its `__init__` runs in that thread.
    There it also arms a trace function, which raises once more on the next line of the learner's:
    ``except BaseException: pass`` catches the first one, and its `pass` is that next line.
    """

    def raised_there(self: RunEnded) -> None:
        RunEnded.__init__(self, end.why, end.text, end.line)
        _raise_on_next_line(end)

    kind = type("RunEnded", (RunEnded,), {"__init__": raised_there})
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind))


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


def close_for_good(coroutine: Any) -> None:
    """End a coroutine now; left to the garbage collector, it would go on in the middle of another run."""
    for _ in range(10):  # one may ignore it, and wait for something else
        with contextlib.suppress(BaseException):
            coroutine.close()
            return
    # One that goes on whatever is raised in it is never dropped: Python would complain on stderr.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(coroutine))


def _told(error: BaseException) -> tuple[str, str, str]:
    """An exception as the world is told of it: type, text, the learner's line."""
    name: str = type.__dict__["__name__"].__get__(type(error))  # the real one, whatever its metaclass says
    return name, text_of(error), line_of_traceback(error.__traceback__)


def close_coroutines(value: Any, depth: int = 3) -> None:
    """Close the coroutines in a refused value, so that they do not complain later."""
    if inspect.iscoroutine(value):
        value.close()
    elif isinstance(value, list | tuple | set | frozenset) and depth:
        for item in value:
            close_coroutines(item, depth - 1)
    elif isinstance(value, dict) and depth:
        close_coroutines(list(value.values()), depth - 1)
