"""One lane of a run at a time, and the only way from there to the world.

A *lane* is the event loop's own thread (lane 0), a thread or a process job. Lanes are real threads
that pass a baton: the loop's thread hands it to a lane whose time has come, and gets it back when
that lane waits, computes or ends. So a run with threads repeats to the byte.
"""

from __future__ import annotations

import _thread
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

from asynclab.garbage import collect_at
from asynclab.lanes import clock_of_this_thread, on_clock
from asynclab.link import decode, error_from
from asynclab.record import NS
from asynclab.source_line import line_of_thread

#: How the learner's side reaches the world: a batch of operations out; the time, completions and an end back.
Handle = Callable[[Sequence[Sequence[Any]]], list[Any]]

Completion = list[Any]

#: What the clock on the wall says when a world begins: a fixed instant, so that traces repeat.
WALL_CLOCK_START = 1_700_000_000.0

NO_THREADS = (
    "there are no threads or processes here, as in a browser tab: "
    "open the notebook in JupyterLab on a machine of your own"
)

UNHEARD = (
    "a thread gave the event loop something to do ({line}), and that does not wake it: "
    "only `loop.call_soon_threadsafe` does, or `asyncio.run_coroutine_threadsafe`"
)

#: So many operations are told the world at the latest, even if no time passes.
MAX_UNTOLD = 10_000

#: Later than any run lasts, in seconds: what `sleep(math.inf)` waits for.
FOREVER = 1e9

#: Real seconds in which a lane that was told to end has to do so.
GRACE = 0.5


class RunEnded(KeyboardInterrupt):
    """The run is over, from outside. A KeyboardInterrupt, because asyncio lets no other one out of a task."""

    def __init__(self, why: str = "interrupted", text: str = "it was interrupted", line: str = "") -> None:
        super().__init__(text)
        self.why = why
        self.text = text
        self.line = line


class Scheduler:
    """Keeps the time, says who goes on next, and speaks to the world in batches.

    With an `order_seed`, what happens at one instant and has no order of its own gets one from dice;
    None keeps the order in which it was asked for. Only legal schedules come of it: asyncio runs its
    callbacks in the order in which they were made ready, a reply beats a deadline at the same
    instant, and between two points of choice no other lane runs. These are the points:

    - the order of what the world completes at one instant (`World.handle`);
    - the order of timers that are due at one instant, and whether a sleep ends before or after a
      reply that comes then (`VirtualLoop.select`);
    - the order in which a set of tasks is gone through (`VirtualTask`);
    - which of the lanes that can go on is first, and which of those that wait for a lock gets it
      (`resume_those_that_can`);
    - whether others go on before a lane takes a lock and after it gives one back, after it starts a
      thread or a job or hands something to an event loop, and between two turns of a loop
      (`Lane.may_give_way`).
    """

    def __init__(
        self,
        handle: Handle,
        *,
        cores: int = 4,
        wall_steps: Sequence[Sequence[float]] = (),
        order_seed: int | None = None,
    ) -> None:
        self._handle = handle
        self.cores = cores
        self.wall_steps = wall_steps
        self.task_count = 0
        self._operations: list[Sequence[Any]] = []
        self._receivers: dict[int, Callable[[Completion], None]] = {}
        self._last_id = 0
        self._idles = 0
        self.now = 0
        self.dice = None if order_seed is None else random.Random(order_seed)
        self.main = MainLane(self)
        self.lanes: dict[int, ThreadLane] = {}
        self._executors: dict[Any, int] = {}
        self.baton = _thread.allocate_lock()
        self.baton.acquire()
        self.running_thread = 0
        self.cpu_of_ended = 0.0
        self.ended: RunEnded | None = None
        self.closing = False
        # The line of a thread that gave a sleeping event loop something to do, which does not wake it.
        self.did_not_wake = ""
        self.has_threads = True  # False: the loop's own thread is the only lane there can be
        self.describe: Callable[[], str] = str
        self.refer: Callable[[dict[str, Any]], Any] | None = None  # makes an object of a reference
        self.inside_lane: Callable[[], AbstractContextManager[None]] = nullcontext  # around its thread's code
        self.on_error: Callable[[str, BaseException], None] = lambda name, error: None  # ended the thread
        self.on_client: Callable[[Completion], None] | None = None  # what a client asks, or that it has left

    def time(self) -> float:
        """Seconds since the world began."""
        return self.now / NS

    def wall_time(self) -> float:
        """What a clock on the wall says, in seconds since the epoch; unlike `time` it can be set."""
        return WALL_CLOCK_START + self.time() + sum(by for at, by in self.wall_steps if at <= self.time())

    # -- to the world

    def say(self, *operation: Any) -> None:
        """Tell the world at the next idle moment; until then no time passes."""
        self._operations.append(operation)
        if len(self._operations) > MAX_UNTOLD and not self.closing:
            self.tell()

    def expect(self, receiver: Callable[[Completion], None]) -> int:
        """A new id; what the world completes under it goes to `receiver`."""
        self._last_id += 1
        self._receivers[self._last_id] = receiver
        return self._last_id

    def receive_for_main(self, receiver: Callable[[Completion], None]) -> None:
        """What the world says to lane 0, the loop's own thread, goes to `receiver`."""
        self._receivers[0] = receiver

    def forget(self, id: int) -> bool:
        """No longer expect anything; False when it has come already."""
        return self._receivers.pop(id, None) is not None

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """What is said inside the block, the world never hears."""
        said = list(self._operations)
        try:
            yield
        finally:
            self._operations = said

    def tell(self, *operations: Sequence[Any]) -> None:
        """Tell the world now, without letting time pass.

        Raises `RunEnded` when the world says that it is over.
        """
        untold, self._operations = self._operations, []
        _, completions, over = self._handle([*untold, *operations])
        self._deliver(completions)
        if over is not None and not self.closing:
            raise self._end(over)

    def idle(self, until: int | None) -> None:
        """Nothing can run: let lanes go on whose wait is over, else let time pass until `until` (ns).

        Only the loop's own thread calls this, and while lanes go on, it stands still.
        """
        if self.let_others() if self.explores else self.resume_those_that_can():
            return
        if self.closing:
            self._idle_without_world(until)
            return
        deadlines = [lane.deadline for lane in self.lanes.values() if lane.deadline is not None]
        until = min([*deadlines, *([] if until is None else [until])], default=None)
        if until is not None:
            until = max(until, self.now)  # a timer that is overdue
        operations, self._operations = self._operations, []
        operations.append(("idle", until))
        self._idles += 1
        collect_at(self._idles)
        self.now, completions, over = self._handle(operations)
        if over is not None:
            raise self._end(over)
        self._deliver(completions)
        self.resume_those_that_can()

    def _idle_without_world(self, until: int | None) -> None:
        if until is None:
            raise RunEnded("deadlock", "a task does not end, although it was cancelled")
        self.now = until

    def _deliver(self, completions: list[Completion]) -> None:
        for completion in completions:
            receiver = self._receivers.get(completion[0]) if completion[0] >= 0 else self.on_client
            if receiver is not None:
                receiver(completion)

    def finish(self) -> None:
        """From here on time passes without the world: the runner is cleaning up."""
        self.closing = True
        self._operations = []
        self.ended = self.ended or RunEnded("interrupted", "the run is over")
        for lane in list(self.lanes.values()):
            lane.end()

    # -- lanes

    def resume_those_that_can(self) -> bool:
        """Let each lane whose wait is over go on, one after the other; whether there was any."""
        if not self.lanes:  # as nearly always, at each idle moment
            return False
        lanes = list(self.lanes.values())
        if self.dice is not None:
            self.dice.shuffle(lanes)
        able = [lane for lane in lanes if lane.can_go_on()]
        if not able:
            able = [lane for lane in lanes if lane.gave_way][:1]
        for lane in able:
            lane.go_on()
        return bool(able)

    @property
    def explores(self) -> bool:
        """Whether the order of lanes comes from dice, and there are any."""
        return self.dice is not None and bool(self.lanes) and not self.closing

    def let_others(self) -> bool:
        """Let all go on that can at this instant, those whose time is now included; whether anything did."""
        operations, self._operations = self._operations, []
        completions = self._handle([*operations, ("idle", self.now)])[1]
        self._deliver(completions)
        return self.resume_those_that_can() or bool(completions)

    def spawn(
        self, pool: str, kind: str, size: int, name: str, body: Callable[[], None], start: Any = None
    ) -> ThreadLane:
        """A new lane for a job; it begins when the world says that a worker has it."""
        if not self.has_threads:
            raise RuntimeError(NO_THREADS)
        lane = ThreadLane(self, name, body, start or _start_thread)
        lane.id = self.expect(lane.receive)
        self.lanes[lane.id] = lane
        self.say("job", lane.id, pool, kind, size, name)
        return lane

    def number_of(self, executor: Any) -> int:
        """Executors count from 1 in a run; by its address, a new one could pass for one that is gone."""
        return self._executors.setdefault(executor, len(self._executors) + 1)

    def _end(self, why: str) -> RunEnded:
        texts = {
            "deadlock": "nothing is in flight and no timer is set, so nobody can wake what waits",
            "horizon": "after an hour on the world's clock it was still not over",
            "events": "so much happened that its record is full",
        }
        text = texts.get(why, f"the world ended the run: {why}")
        if why == "deadlock" and self.did_not_wake:
            text = UNHEARD.format(line=self.did_not_wake)
        places = "; ".join(filter(None, [self.describe(), *(lane.place() for lane in self.lanes.values())]))
        self.ended = RunEnded(why, text, places)
        return self.ended


class Lane:
    """What every lane can do: see the time, stand still for a while, wait for something, call a service."""

    id = 0
    name = ""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler

    def time(self) -> float:
        return self.scheduler.time()

    def wall_time(self) -> float:
        return self.scheduler.wall_time()

    def block(self, why: str, seconds: float) -> None:
        """Do nothing else for `seconds`: asleep, or computing ("python" with the GIL, "native" without)."""
        scheduler = self.scheduler
        if scheduler.closing and self is scheduler.main:
            scheduler.now += _in_ns(seconds)
            return
        scheduler.say("block", self.id, why, _in_ns(seconds), self.label(), self.line())
        self.wait_for_completion()

    def ask(self, service: str, method: str, args: list[Any]) -> Any:
        """Call a service in its blocking form: this lane stands still until the answer is there."""
        answer: list[Completion] = []
        id = self.scheduler.expect(answer.append)
        self.scheduler.say("work", id, self.id, service, method, args, self.label(), self.line())
        self.stand_still(lambda: bool(answer))
        self.scheduler.forget(id)
        _, how, *content = answer[0]
        if how == "error":
            raise error_from(*content)
        return decode(content[0], self.scheduler.refer)

    def may_give_way(self) -> None:
        """A point where the system could have switched: others may go on here before this lane does."""
        scheduler = self.scheduler
        if scheduler.explores and scheduler.dice.random() < 0.5:  # type: ignore[union-attr]
            self.give_way()

    def give_way(self) -> None:
        raise NotImplementedError

    def wait_for_completion(self) -> None:
        raise NotImplementedError

    def stand_still(self, test: Callable[[], bool]) -> None:
        """Wait for what the world has been told of."""
        self.wait(test)

    def wait(self, test: Callable[[], bool], timeout: float | None = None) -> bool:
        """Stand still until `test` is true, at most `timeout` seconds; whether it is."""
        raise NotImplementedError

    def label(self) -> str:
        return self.name

    def line(self) -> str:
        return line_of_thread(_thread.get_ident())


class MainLane(Lane):
    """The event loop's own thread. While it stands still the loop is blocked, and the record says so."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(scheduler)
        self._unblocked = False
        self.task_name: Callable[[], str] = str
        scheduler.receive_for_main(self._receive)

    def label(self) -> str:
        return self.task_name()

    def _receive(self, completion: Completion) -> None:
        self._unblocked = True

    def wait_for_completion(self) -> None:
        self._unblocked = False
        self.stand_still(lambda: self._unblocked)

    def stand_still(self, test: Callable[[], bool]) -> None:
        while not test():
            self.scheduler.idle(None)

    def give_way(self) -> None:
        self.scheduler.let_others()

    def wait(self, test: Callable[[], bool], timeout: float | None = None) -> bool:
        if test():
            return True
        if timeout is not None and timeout <= 0:
            return False
        until = None if timeout is None else self.scheduler.now + _in_ns(timeout)
        self.scheduler.say("wait", self.label(), self.line())
        try:
            while not (met := test()) and (until is None or self.scheduler.now < until):
                self.scheduler.idle(until)
        finally:
            self.scheduler.say("go on", self.label())
        return met


class ThreadLane(Lane):
    """A thread or a process job: a real thread that runs only while it has the baton."""

    def __init__(
        self,
        scheduler: Scheduler,
        name: str,
        body: Callable[[], None],
        start: Callable[[Callable[[], None]], None],
    ) -> None:
        super().__init__(scheduler)
        self.name = name
        self.deadline: int | None = None
        self.over = False
        self.gave_way = False  # it could go on, and lets others go first
        self.thread = 0
        self.cpu_clock: int | None = None
        self._body = body
        self._start = start
        self._test: Callable[[], bool] | None = None
        self._due = False
        self._met = False
        self._go = _thread.allocate_lock()
        self._go.acquire()

    # -- from the thread that has the baton

    def receive(self, completion: Completion) -> None:
        """The world says that it may begin, or that its block is over."""
        self._due = True

    def can_go_on(self) -> bool:
        """Whether its wait is over. Asked once: the test may take what it waits for, such as a lock."""
        if self._test is not None and self._test():
            self._met = True
        late = self.deadline is not None and self.scheduler.now >= self.deadline
        return self._due or self._met or late

    def go_on(self) -> None:
        """Let it run until it stands still again."""
        self._due, self._test, self.deadline = False, None, None
        if self.thread:
            self._go.release()
        else:
            self._start(self.live)
            self._go.release()
        self.scheduler.baton.acquire()
        self.scheduler.running_thread = _thread.get_ident()
        if self.scheduler.ended is not None and not self.scheduler.closing:
            raise self.scheduler.ended

    def end(self) -> None:
        """Make it leave the learner's code; one that will not is left behind."""
        if not self.thread:
            self.over = True
            self.scheduler.lanes.pop(self.id, None)
            return
        self._go.release()
        self.scheduler.baton.acquire(timeout=GRACE)

    def place(self) -> str:
        """Where it waits, for a sentence."""
        if not self.thread:
            return f"`{self.name}` waits for a worker"
        line = line_of_thread(self.thread)
        return f"`{self.name}` waits" + (f", {line}" if line else "")

    # -- in its own thread

    def live(self) -> None:
        self._go.acquire()
        self.thread = self.scheduler.running_thread = _thread.get_ident()
        if hasattr(time, "pthread_getcpuclockid"):  # asked for here: for one that has ended, it may crash
            self.cpu_clock = time.pthread_getcpuclockid(self.thread)
        try:
            with suppress(RunEnded), self.scheduler.inside_lane(), on_clock(self):
                self._run()
        finally:
            self.over = True
            self.scheduler.cpu_of_ended += time.thread_time()
            self.scheduler.lanes.pop(self.id, None)
            self.scheduler.forget(self.id)
            self.scheduler.say("done", self.id)
            self.scheduler.baton.release()

    def _run(self) -> None:
        try:
            self._body()
        except RunEnded as end:
            self.scheduler.ended = self.scheduler.ended or end
        except SystemExit:
            pass  # as in Python, where it ends the thread and nobody hears of it
        except BaseException as error:
            self.scheduler.on_error(self.name, error)

    def _stand_still(self) -> None:
        if self.scheduler.closing:  # a `finally` of the learner's, after the end
            raise RunEnded
        self.scheduler.baton.release()
        self._go.acquire()
        self.scheduler.running_thread = self.thread
        if self.scheduler.ended is not None:
            end = self.scheduler.ended
            raise RunEnded(end.why, end.text, end.line)

    def wait_for_completion(self) -> None:
        self._stand_still()

    def give_way(self) -> None:
        self.gave_way = True
        self._stand_still()
        self.gave_way = False

    def wait(self, test: Callable[[], bool], timeout: float | None = None) -> bool:
        if test():
            return True
        if timeout is not None and timeout <= 0:
            return False
        end = None if timeout is None else self.scheduler.now + _in_ns(timeout)
        self._test, self.deadline = test, end
        self._stand_still()
        return self._take_met()

    def _take_met(self) -> bool:
        met, self._met = self._met, False
        return met


def lane_of_this_thread() -> Lane | None:
    """The lane that this thread is; None for one that belongs to no run."""
    lane = clock_of_this_thread()
    return lane if isinstance(lane, Lane) else None


def _start_thread(live: Callable[[], None]) -> None:
    _thread.start_new_thread(live, ())


def _in_ns(seconds: float) -> int:
    return round(min(seconds, FOREVER) * NS)
