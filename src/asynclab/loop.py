"""An asyncio event loop whose clock is the world's.

When nothing can run it tells the world "idle until t", and gets back the new time and what has
completed. It has no sockets and no self-pipe, so it is the same on every platform.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import sys
from asyncio.base_events import BaseEventLoop
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from contextvars import Context
from typing import Any, NoReturn, TypeVarTuple

from asynclab.lanes import clock_of_this_thread
from asynclab.link import decode, error_from
from asynclab.record import NS
from asynclab.scheduler import FOREVER, Completion, Lane, RunEnded, Scheduler
from asynclab.source_line import learners_frame, learners_part, line_of_frame, where_it_waits
from asynclab.timers import Timers

Args = TypeVarTuple("Args")

#: Turns of the loop in which no time passes before a run counts as a busy loop (about 0.5 s of CPU).
MAX_TURNS = 100_000

#: So many nanoseconds are no time: who sleeps for next to nothing again and again gets ahead by one a turn.
NO_TIME = MAX_TURNS


#: What the timer of an `asyncio.sleep` calls.
_wake = vars(asyncio.futures)["_set_result_unless_cancelled"]


class VirtualTask(asyncio.Task[Any]):
    """A task that sets iterate in order of `place`, not of address, so that a run can be repeated."""

    __slots__ = ("number", "place")

    def __init__(self, coro: Coroutine[Any, Any, Any], number: int, place: int, **options: Any) -> None:
        self.number = number  # in order of creation
        self.place = place  # before Task.__init__, which puts the task into a set
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self.place

    def __eq__(self, other: object) -> bool:
        return self is other


class _Sleep(asyncio.TimerHandle):
    """The timer of an `asyncio.sleep`."""


class VirtualLoop(BaseEventLoop):
    """asyncio on the world's clock, in one lane of a run: the run's own loop, or a thread's `asyncio.run`.

    >>> from asynclab.world import World
    >>> loop = VirtualLoop(Scheduler(World().handle))
    >>> loop.run_until_complete(asyncio.sleep(3600 - 1)), loop.time()
    (None, 3599.0)
    >>> loop.close()
    """

    _closed: bool  # these are BaseEventLoop's
    _debug: bool
    _check_closed: Callable[[], None]
    _ready: deque[asyncio.Handle]

    def __init__(self, scheduler: Scheduler, lane: Lane | None = None, *, max_turns: int = MAX_TURNS) -> None:
        super().__init__()
        self._room = scheduler
        self._lane = lane or scheduler.main
        self._arrived: list[Completion] = []  # completions that this loop has not seen yet
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._timers = Timers()
        self._asleep = False  # in what would be its selector
        self._woken = False
        self._turns = 0
        self._turns_at = 0
        self._max_turns = max_turns
        self._selector = self  # `BaseEventLoop._run_once` asks it for events
        self._clock_resolution = 1 / NS
        self.entry: Any = None  # the learner's coroutine or async generator, to say where it waits

    # -- what asyncio asks of a loop

    def time(self) -> float:
        """Seconds since the world began."""
        return self._room.now / NS

    def create_task(  # type: ignore[override]  # the stubs of 3.11 do not know later options
        self,
        coro: Any,
        *,
        name: str | None = None,
        context: Context | None = None,
        **options: Any,
    ) -> asyncio.Task[Any]:
        self._room.task_count = number = self._room.task_count + 1
        name = name or f"T{number}"  # asyncio numbers tasks per process, we per run
        if context is not None:
            options["context"] = context
        if self.get_task_factory() is not None:
            return super().create_task(coro, name=name, **options)
        self._check_closed()
        place = number if self._room.dice is None else self._room.dice.getrandbits(30)
        return VirtualTask(coro, number, place, loop=self, name=name, **options)

    def select(self, timeout: float | None) -> tuple[()]:
        """asyncio asks: did anything happen within `timeout` seconds?"""
        now = self._room.now
        if not self._arrived:
            until = now if timeout == 0 else self._timers.next_instant()
            if until is not None and until <= now:
                self._count_turn()
                if self._room.dice is not None:
                    self._lane.may_give_way()
            else:
                self._idle(until)
        if self._room.dice is not None and self._sleeps_first():
            return ()
        completions, self._arrived = self._arrived, []
        for completion in completions:
            self._complete(*completion)
        self._ready += self._timers.take_due(self._room.now, self._room.dice)
        return ()

    def _sleeps_first(self) -> bool:
        """Whether, by the dice, sleeps of this instant end now and its replies come in the next turn."""
        room = self._room
        if not self._arrived or room.dice is None:
            return False
        due = self._timers.due_at(room.now)
        sleeps = [timer for timer in due if isinstance(timer, _Sleep)]
        if not sleeps or room.dice.random() < 0.5:
            return False
        due[:] = [timer for timer in due if not isinstance(timer, _Sleep)]
        room.dice.shuffle(sleeps)
        self._ready += sleeps
        return True

    def call_soon(
        self, callback: Callable[[*Args], object], *args: *Args, context: Context | None = None
    ) -> asyncio.Handle:
        """As in asyncio, in one call where it takes three: each step of each task comes through here."""
        if self._closed or self._debug:
            return super().call_soon(callback, *args, context=context)
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        if self._asleep:
            self._hear()
        return handle

    def _hear(self) -> None:
        """A callback has come while the loop sleeps. As in life, one from another thread does not wake it."""
        lane = clock_of_this_thread()
        if isinstance(lane, Lane) and lane is not self._lane:
            self._room.did_not_wake = self._room.did_not_wake or lane.line()
        else:
            self._woken = True  # it comes of what the world has completed

    def call_later(
        self, delay: float, callback: Callable[[*Args], object], *args: *Args, context: Context | None = None
    ) -> asyncio.TimerHandle:
        # What asks for more time takes more: `while not yet: await sleep(what is left)` comes to an end.
        soonest = (self._room.now + 1) / NS if delay > 0 else 0.0
        return self.call_at(max(self._room.now / NS + delay, soonest), callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Args], object], *args: *Args, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Due at the nearest nanosecond; those of one instant in the order in which they came."""
        if self._closed:
            raise RuntimeError("Event loop is closed")
        kind = _Sleep if callback is _wake else asyncio.TimerHandle
        timer = kind(when, callback, args, self, context)
        # What is later than `time()` takes time: `look again at due, if time() < due` comes to an end.
        soonest = self._room.now + 1 if when > self._room.now / NS else 0
        self._timers.add(max(soonest, round(min(when, FOREVER) * NS)), timer)
        return timer

    def run_forever(self) -> None:
        """In the lane of the thread that runs it, which need not be the one that made it."""
        lane = clock_of_this_thread()
        if isinstance(lane, Lane):
            self._room, self._lane = lane.scheduler, lane
        super().run_forever()

    def close(self) -> None:
        super().close()
        self._timers.clear()

    def __del__(self) -> None:
        """asyncio complains of one that was not closed; this one holds nothing of the system's."""

    def _process_events(self, event_list: Any) -> None:
        """There are none: completions are delivered by `select`."""

    def _write_to_self(self) -> None:
        """`call_soon_threadsafe` has come, which wakes the loop."""
        self._woken = True
        lane = clock_of_this_thread()
        if isinstance(lane, Lane) and lane is not self._lane:
            lane.may_give_way()

    # -- the world

    async def request(self, service: str, method: str, args: list[Any]) -> Any:
        """Call a service and wait for its answer."""
        room = self._room
        id = room.expect(self._arrived_later)
        answer = self._waiting[id] = self.create_future()
        room.say("call", id, self._lane.id, service, method, args, name_of(asyncio.current_task(self)))
        try:
            return await answer
        finally:
            if self._waiting.pop(id, None) is not None:
                room.forget(id)
                room.say("cancel", id)

    def _arrived_later(self, completion: Completion) -> None:
        self._arrived.append(completion)

    def _idle(self, until: int | None) -> None:
        """Nothing is ready here: sleep until something wakes the loop or the next timer is due."""
        self._asleep, self._woken = True, False
        try:
            if self._lane is self._room.main:
                while not self._is_up(until):
                    self._room.idle(until)
            else:
                timeout = None if until is None else (until - self._room.now) / NS
                self._lane.wait(lambda: self._is_up(until), timeout)
        finally:
            self._asleep = False
        self._room.did_not_wake = ""

    def _is_up(self, until: int | None) -> bool:
        return bool(self._woken or self._arrived or (until is not None and self._room.now >= until))

    def _complete(self, id: int, how: str, *content: Any) -> None:
        self._room.forget(id)
        answer = self._waiting.pop(id, None)
        if answer is None or answer.done():
            return
        if how == "reply":
            answer.set_result(decode(content[0], self._room.refer))
        else:
            answer.set_exception(error_from(*content))

    def _count_turn(self) -> None:
        if self._room.now - self._turns_at > NO_TIME:
            self._turns_at, self._turns = self._room.now, 0
        self._turns += 1
        if self._turns > self._max_turns:
            raise RunEnded(
                "busy loop",
                f"the loop went round {self._max_turns:,} times and no time passed: "
                "a task keeps giving the loop back without waiting for anything",
                self.describe_tasks(),
            )

    # -- who is where

    def describe_tasks(self) -> str:
        """Each unfinished task and where it waits: ```loader` waits in `Queue.put`, line 12: `...```."""
        tasks = in_order(asyncio.all_tasks(self))
        places = [self._describe(task) for task in tasks]
        shown = list(dict.fromkeys(filter(None, places)))
        more = f"; and {len(shown) - 4} more" if len(shown) > 4 else ""
        return "; ".join(shown[:4]) + more

    def _describe(self, task: asyncio.Task[Any]) -> str:
        if task is asyncio.current_task(self):  # it holds the loop, in a call that does not come back
            frame = learners_frame(sys._getframe())
            return (
                "" if frame is None else f"`{_short(frame.f_code.co_qualname)}` waits, {line_of_frame(frame)}"
            )
        coroutine: Any = learners_part(task.get_coro())
        if coroutine is None:  # ours alone, or one that reads an async generator, which it does not show
            coroutine = self.entry if inspect.isasyncgen(self.entry) else None
        inside, line = where_it_waits(coroutine)
        if not line and not inside:
            return ""
        name = _short(getattr(coroutine, "__qualname__", task.get_name()))
        return (
            f"`{name}` waits"
            + (f" in `{inside}`" if inside not in ("", name) else "")
            + (f", {line}" if line else "")
        )


def _short(name: str) -> str:
    return name.rpartition("<locals>.")[2]


def in_order(tasks: Iterable[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
    """The tasks as they were made; those of a factory of the learner's, which have no number, first."""
    return sorted(tasks, key=lambda task: getattr(task, "number", 0))


def name_of(task: asyncio.Task[Any] | None) -> str:
    return "?" if task is None else task.get_name()


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
