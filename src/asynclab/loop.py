"""An asyncio event loop whose clock is the world's.

When nothing can run it tells the world "idle until t", and gets back the new time and what has
completed. It has no sockets and no self-pipe, so it is the same on every platform.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import sys
from asyncio.base_events import BaseEventLoop
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextvars import Context
from typing import Any, NoReturn, TypeVarTuple

from asynclab.link import decode, error_from
from asynclab.record import NS
from asynclab.source_line import is_ours, line_of_frame, where_it_waits
from asynclab.timers import Timers

Args = TypeVarTuple("Args")

#: How the loop reaches the world: a batch of operations out; the time, completions and an end back in.
Handle = Callable[[Sequence[Sequence[Any]]], list[Any]]

#: Turns of the loop in which no time passes before a run counts as a busy loop (about 0.5 s of CPU).
MAX_TURNS = 100_000

#: So many operations are told the world at the latest, even if no time passes.
MAX_UNTOLD = 10_000

#: Later than any run lasts, in seconds: what `sleep(math.inf)` waits for.
FOREVER = 1e9


class RunEnded(KeyboardInterrupt):
    """The run is over, from outside. A KeyboardInterrupt, because asyncio lets no other one out of a task."""

    def __init__(self, why: str = "interrupted", text: str = "it was interrupted", line: str = "") -> None:
        super().__init__(text)
        self.why = why
        self.text = text
        self.line = line


class VirtualTask(asyncio.Task[Any]):
    """A task that sets iterate in order of creation, not of address, so that a run can be repeated."""

    __slots__ = ("_number",)

    def __init__(self, coro: Coroutine[Any, Any, Any], number: int, **options: Any) -> None:
        self._number = number  # before Task.__init__, which puts the task into a set
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other


class VirtualLoop(BaseEventLoop):
    """asyncio on the world's clock.

    >>> from asynclab.world import World
    >>> loop = VirtualLoop(World().handle)
    >>> loop.run_until_complete(asyncio.sleep(3600 - 1)), loop.time()
    (None, 3599.0)
    >>> loop.close()
    """

    _closed: bool  # these are BaseEventLoop's
    _debug: bool
    _ready: deque[asyncio.Handle]

    def __init__(self, handle: Handle, *, max_turns: int = MAX_TURNS) -> None:
        super().__init__()
        self._handle = handle
        self._now = 0
        self._operations: list[Sequence[Any]] = []
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._arrived: list[list[Any]] = []  # while the loop's own thread was blocked
        self._last_id = 0
        self._task_count = 0
        self._timers = Timers()
        self._turns = 0
        self._max_turns = max_turns
        self._unblocked = True
        self._closing = False
        self._selector = self  # `BaseEventLoop._run_once` asks it for events
        self._clock_resolution = 1 / NS
        self.entry: Any = None  # the learner's coroutine or async generator, to say where it waits

    # -- what asyncio asks of a loop

    def time(self) -> float:
        """Seconds since the world began."""
        return self._now / NS

    def create_task(  # type: ignore[override]  # the stubs of 3.11 do not know later options
        self,
        coro: Any,
        *,
        name: str | None = None,
        context: Context | None = None,
        **options: Any,
    ) -> asyncio.Task[Any]:
        self._task_count += 1
        name = name or f"T{self._task_count}"  # asyncio numbers tasks per process, we per run
        if context is not None:
            options["context"] = context
        if self.get_task_factory() is not None:
            return super().create_task(coro, name=name, **options)
        self._check_closed()  # type: ignore[attr-defined]
        return VirtualTask(coro, self._task_count, loop=self, name=name, **options)

    def select(self, timeout: float | None) -> tuple[()]:
        """asyncio asks: did anything happen within `timeout` seconds?"""
        completions: list[list[Any]] = []
        if self._arrived:
            completions, self._arrived = self._arrived, []
        else:
            until = self._now if timeout == 0 else self._timers.next_instant()
            if until is not None and until <= self._now:
                self._count_turn()
            else:
                completions = self._idle(until)
        for completion in completions:
            self._complete(*completion)
        self._ready += self._timers.take_due(self._now)
        return ()

    def call_soon(
        self, callback: Callable[[*Args], object], *args: *Args, context: Context | None = None
    ) -> asyncio.Handle:
        """As in asyncio, in one call where it takes three: each step of each task comes through here."""
        if self._closed or self._debug:
            return super().call_soon(callback, *args, context=context)
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[[*Args], object], *args: *Args, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now / NS + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Args], object], *args: *Args, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Due at the nearest nanosecond; those of one instant in the order in which they came."""
        if self._closed:
            raise RuntimeError("Event loop is closed")
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._timers.add(round(min(when, FOREVER) * NS), timer)
        return timer

    def close(self) -> None:
        super().close()
        self._timers.clear()

    def _process_events(self, event_list: Any) -> None:
        """There are none: completions are delivered by `select`."""

    def _write_to_self(self) -> None:
        """Nobody sleeps in a selector, so nobody has to be woken."""

    # -- the world

    def say(self, *operation: Any) -> None:
        """Tell the world at the next idle moment; until then no time passes."""
        self._operations.append(operation)
        if len(self._operations) > MAX_UNTOLD and not self._closing:
            self.tell()

    def tell(self, *operations: Sequence[Any]) -> None:
        """Tell the world now, without letting time pass.

        Raises `RunEnded` when the world says that it is over.
        """
        untold, self._operations = self._operations, []
        _, completions, over = self._handle([*untold, *operations])
        self._arrived += completions
        if over is not None and not self._closing:
            raise self._end(over)

    @contextlib.contextmanager
    def unheard(self) -> Iterator[None]:
        """What is said inside the block, the world never hears."""
        said = list(self._operations)
        try:
            yield
        finally:
            self._operations = said

    def finish(self) -> None:
        """From here on time passes without the world: the runner is cleaning up."""
        self._closing = True
        self._operations = []
        self._turns = 0

    async def request(self, service: str, method: str, args: list[Any]) -> Any:
        """Call a service and wait for its answer."""
        self._last_id += 1
        id = self._last_id
        answer = self._waiting[id] = self.create_future()
        self.say("call", id, service, method, args, self._name_of(asyncio.current_task(self)))
        try:
            return await answer
        finally:
            if self._waiting.pop(id, None) is not None:
                self.say("cancel", id)

    def block(self, why: str, seconds: float) -> None:
        """The loop's own thread does nothing for `seconds`, so no task can run."""
        if self._closing:
            self._now += round(seconds * NS)
            return
        task = asyncio.current_task(self)
        self.say("block", why, round(seconds * NS), self._name_of(task), line_of_frame(sys._getframe(1)))
        self._unblocked = False
        while not self._unblocked:
            for completion in self._idle(None):
                if completion[0] == 0:
                    self._unblocked = True
                else:
                    self._arrived.append(completion)

    def _idle(self, until: int | None) -> list[list[Any]]:
        self._turns = 0
        if self._closing:
            return self._idle_without_world(until)
        operations, self._operations = self._operations, []
        operations.append(("idle", until))
        self._now, completions, over = self._handle(operations)
        if over is not None:
            raise self._end(over)
        return completions  # type: ignore[no-any-return]

    def _idle_without_world(self, until: int | None) -> list[list[Any]]:
        if until is None:
            raise RunEnded("deadlock", "a task does not end, although it was cancelled")
        self._now = until
        return []

    def _complete(self, id: int, how: str, *content: Any) -> None:
        answer = self._waiting.pop(id, None)
        if answer is None or answer.done():
            return
        if how == "reply":
            answer.set_result(decode(content[0]))
        else:
            answer.set_exception(error_from(*content))

    def _count_turn(self) -> None:
        self._turns += 1
        if self._turns > self._max_turns:
            raise RunEnded(
                "busy loop",
                f"the loop went round {self._max_turns:,} times and no time passed: "
                "a task keeps giving the loop back without waiting for anything",
                self.describe_tasks(),
            )

    def _end(self, why: str) -> RunEnded:
        if why == "deadlock":
            return RunEnded(
                why,
                "nothing is in flight and no timer is set, so nobody can wake what waits",
                self.describe_tasks(),
            )
        if why == "horizon":
            return RunEnded(
                why, "after an hour on the world's clock it was still not over", self.describe_tasks()
            )
        if why == "events":
            return RunEnded(why, "so much happened that its record is full", self.describe_tasks())
        return RunEnded(why, f"the world ended the run: {why}", self.describe_tasks())

    # -- who is where

    def _name_of(self, task: asyncio.Task[Any] | None) -> str:
        return "?" if task is None else task.get_name()

    def describe_tasks(self) -> str:
        """Each unfinished task and where it waits: ```loader` waits in `Queue.put`, line 12: `...```."""
        tasks = sorted(asyncio.all_tasks(self), key=hash)
        places = [self._describe(task) for task in tasks]
        shown = list(dict.fromkeys(filter(None, places)))
        more = f"; and {len(shown) - 4} more" if len(shown) > 4 else ""
        return "; ".join(shown[:4]) + more

    def _describe(self, task: asyncio.Task[Any]) -> str:
        coroutine: Any = task.get_coro()
        if is_ours(coroutine) and self.entry is not None:
            coroutine = self.entry
        inside, line = where_it_waits(coroutine)
        if not line and not inside:
            return ""
        name = getattr(coroutine, "__qualname__", task.get_name()).rpartition("<locals>.")[2]
        return (
            f"`{name}` waits"
            + (f" in `{inside}`" if inside not in ("", name) else "")
            + (f", {line}" if line else "")
        )

    # -- what a virtual clock cannot hold

    def run_in_executor(  # type: ignore[override]  # it refuses, so it returns nothing
        self, executor: Any, func: Any, *args: Any
    ) -> NoReturn:
        while isinstance(func, functools.partial):
            in_context = isinstance(getattr(func.func, "__self__", None), Context)  # by asyncio.to_thread
            func = func.args[0] if in_context else func.func
        raise RuntimeError(
            "this world has no threads and no processes: await the service itself instead of "
            f"handing `{getattr(func, '__name__', func)}` to an executor"
        )


def _refuse(what: str, instead: str) -> Callable[..., NoReturn]:
    def refuse(self: VirtualLoop, *args: Any, **options: Any) -> NoReturn:
        raise RuntimeError(f"{what} cannot run on the world's clock: {instead}")

    return refuse


for _names, _what, _instead in (
    (
        (
            "create_connection",
            "create_server",
            "create_datagram_endpoint",
            "create_unix_connection",
            "create_unix_server",
            "getaddrinfo",
            "getnameinfo",
            "sock_connect",
            "sock_accept",
            "sock_recv",
            "sock_sendall",
        ),
        "a socket",
        "call the service that you were given",
    ),
    (
        ("subprocess_exec", "subprocess_shell", "connect_read_pipe", "connect_write_pipe"),
        "a subprocess",
        "call the service that you were given",
    ),
    (
        ("add_signal_handler", "remove_signal_handler"),
        "a signal handler",
        "wait for an asyncio.Event or a timeout instead",
    ),
    (
        ("add_reader", "add_writer", "remove_reader", "remove_writer"),
        "a file descriptor",
        "await the service that you were given",
    ),
):
    for _name in _names:
        setattr(VirtualLoop, _name, functools.wraps(getattr(BaseEventLoop, _name))(_refuse(_what, _instead)))
