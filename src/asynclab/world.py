"""Everything outside the learner's code, on its own clock: an hour inside costs no time outside.

The world alone decides when something happens, and it writes the record. It knows no asyncio and
never runs a learner's code; it answers `handle(ops)`, a list of plain JSON operations, so it can
live in the same process or in another one.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from asynclab.clients import Invocation, Made, Totals
from asynclab.link import encode, stands_for, text_of
from asynclab.protocol import ProtocolError, check, readable, shown, weigh
from asynclab.record import NS, STOPS, Event, Record, seconds
from asynclab.resources import Pool, Processor
from asynclab.seeds import dice_of, seed_of
from asynclab.service import Dice, Failure, Form, Knee, Latency, Quota, Service, to_ns

#: A run that is not over by then waits for something that no exercise has: an hour.
HORIZON = 3600.0
#: Above so many events only what clients and totals are made of is kept, so that memory is bounded.
MAX_EVENTS = 100_000
#: What the learner's side may ask for in one run; far more than any exercise does.
MAX_BYTES = 256 * 2**20
MAX_IN_FLIGHT = 100_000
MAX_JOBS = 10_000
MAX_POOLS = 1_000
#: So many characters of a text are kept.
MAX_TEXT = 4_000

Timer = list[Any]  # [when, sequence, action or None when cancelled, its argument]


class _Request:
    """A call in the world's hands."""

    __slots__ = ("args", "attempt", "lane", "method", "service", "timer")

    def __init__(
        self, service: Service, method: str, args: list[Any], attempt: int, lane: int | None
    ) -> None:
        self.service = service
        self.method = method
        self.args = args
        self.attempt = attempt
        self.lane = lane  # whose thread stands still meanwhile; None for an awaited call
        self.timer: Timer | None = None  # None while it waits in line


class _Job:
    """A thread or a process job."""

    __slots__ = ("kind", "name", "pool", "running")

    def __init__(self, pool: str, kind: str, name: str) -> None:
        self.pool = pool
        self.kind = kind
        self.name = name
        self.running = False


class World:
    """A machine room with its own clock.

    `cores` is how many cores there are; `thread_start` and `process_start` are the seconds until a new
    worker is there, `thread_memory` and `process_memory` the megabytes that it takes.
    `wall_steps` are (at, by) in seconds: then `time.time()` jumps by that much, and nothing else does.
    `order_seed` permutes what happens at one instant, which has no order; None keeps the order asked for.
    `references` are the sources of the reference answers that the learner's side may use, by exercise.

    >>> world = World(seed=1)
    >>> store = world.service("store", latency=2.0)  # seconds on the world's clock
    >>> world.handle([["call", 1, 0, "store", "get", ["a"], "T1"], ["idle", None]])
    [2000000000, [[1, 'reply', 0.157325]], None]
    >>> world.record().calls()[0].end
    2.0
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        cores: int = 4,
        thread_start: float = 0.0,
        process_start: float = 0.05,
        thread_memory: float = 0.1,
        process_memory: float = 30.0,
        wall_steps: Sequence[tuple[float, float]] = (),
        order_seed: int | None = None,
        references: Mapping[str, str] = MappingProxyType({}),
        horizon: float = HORIZON,
        max_events: int = MAX_EVENTS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.seed = seed
        self.cores = cores
        self.wall_steps = [list(step) for step in wall_steps]
        self.order_seed = order_seed
        self.references = dict(references)
        self.now = 0
        self.over: str | None = None  # why nothing is answered any more
        self.totals = Totals()
        self._start_cost = {"thread": to_ns(thread_start), "process": to_ns(process_start)}
        self._memory = {"thread": thread_memory, "process": process_memory}
        self._horizon = to_ns(horizon)
        self._max_events = max_events
        self._bytes_left = max_bytes
        self._events: list[Event] = []
        self._dropped = 0
        self._order = None if order_seed is None else random.Random(order_seed)
        self._services: dict[str, Service] = {}
        self._requests: dict[int, _Request] = {}
        self._timers: list[Timer] = []
        self._sequence = 0
        self._last_id = 0
        self._stuck: str | None = None
        self._done: list[list[Any]] = []
        self._jobs: dict[int, _Job] = {}
        self._pools: dict[str, Pool] = {}
        self._processor = Processor(cores)
        self._computing_ends: Timer | None = None
        self._computing_changed = False
        self._running = 0  # jobs that have a worker
        self._blocked: dict[int, str] = {}  # lanes that stand still, and in which task or job
        self._asking: dict[int, int] = {}  # those of them that call a service, and the number of the call
        self._loop_waits = False  # lane 0 stands still until it says that it goes on
        self._waiting: set[int] = set()  # those of them that do not compute meanwhile
        self._made: list[Made] = []
        self._planned: list[Invocation] = []
        self._arrivals: list[Iterator[Invocation]] = []
        self._open: dict[int, Invocation] = {}
        self._departures: dict[int, Timer] = {}
        self._arrived = 0
        self._expected = 0  # arrivals that are still to come
        self._drain: int | None = None
        self._driven = False
        self._ends = 0  # how often the learner's function has ended
        self._operations: dict[str, Callable[..., None]] = {
            "call": self._on_call,
            "work": self._on_work,
            "cancel": self._on_cancel,
            "block": self._on_block,
            "wait": self._on_wait,
            "go on": self._on_go_on,
            "job": self._on_job,
            "done": self._on_done,
            "drive": self._on_drive,
            "answer": self._on_answer,
            "item": self._on_item,
            "print": self._on_print,
            "noise": self._on_noise,
            "return": self._on_return,
            "raise": self._on_raise,
            "stop": self._on_stop,
            "close": self._on_close,
            "idle": self._on_idle,
        }

    # -- the scene

    def service(
        self,
        name: str,
        *,
        methods: Mapping[str, Sequence[str]] | None = None,
        latency: Latency = 0.1,
        fail: Failure = None,
        reply: Callable[..., Any] | None = None,
        keys: Sequence[str] | None = None,
        capacity: int | None = None,
        knee: Knee = None,
        outages: Sequence[tuple[float, float]] = (),
        quota: Quota | None = None,
        form: Form = "await",
        items: Sequence[Any] | None = None,
        instant: Sequence[str] = (),
    ) -> Service:
        """Add a service, see `Service`; its one method is ``get(key)`` unless `methods` names others.

        Raises `ValueError` when there is one of that name already.
        """
        if name in self._services:
            raise ValueError(f"there is a service named {name!r} already; services need names of their own")
        service = self._services[name] = Service(
            name,
            seed=self.seed,
            methods=methods or {"get": ["key"]},
            latency=latency,
            fail=fail,
            reply=reply,
            keys=keys,
            capacity=capacity,
            knee=knee,
            outages=outages,
            quota=quota,
            form=form,
            items=None if items is None else encode(list(items)),
            instant=instant,
        )
        return service

    def source(
        self,
        name: str,
        items: Sequence[Any],
        *,
        latency: float = 0.0,
        fail: Failure = None,
        form: Form = "await",
    ) -> Service:
        """Something to read from, item by item: `await source.get()`, or `async for item in source`.

        In a blocking form it is read with `for`, or `next`.
        """
        return self.service(name, methods={"get": []}, latency=latency, fail=fail, items=items, form=form)

    def sink(
        self, name: str, *, latency: float = 0.0, fail: Failure = None, capacity: int | None = None
    ) -> Service:
        """Something to write to: `await sink.put(item)`."""
        return self.service(
            name, methods={"put": ["item"]}, latency=latency, fail=fail, capacity=capacity, reply=_nothing
        )

    def make(self, name: str | Made, *args: Any, **named: Any) -> Made:
        """An object of the learner's class `name`, or of a `reference`, made at the beginning of the run."""
        if isinstance(name, Made):
            return self._make("object", name.name, args, named, of=name)
        return self._make("object", name, args, named)

    def fixture(self, name: str, *args: Any, **named: Any) -> Made:
        """An object of a class of ours (`fixtures`), on the learner's side, made when the run begins."""
        return self._make("fixture", name, args, named)

    def learners(self, name: str) -> Made:
        """The learner's function itself, for clients to call and for fixtures to be given."""
        return self._make("itself", name)

    def reference(self, exercise: str) -> Made:
        """The reference answer to an exercise, a function or a class, in place of the learner's.

        Raises `ValueError` when it is none of the `references`.
        """
        if exercise not in self.references:
            raise ValueError(f"this scene has no reference answer to {exercise!r}: name it in `needs`")
        return self._make("reference", exercise)

    def _make(
        self,
        kind: Literal["object", "fixture", "itself", "reference"],
        name: str,
        args: tuple[Any, ...] = (),
        named: Mapping[str, Any] = MappingProxyType({}),
        of: Made | None = None,
    ) -> Made:
        made = Made(len(self._made) + 1, kind, name, args, tuple(named.items()), of)
        self._made.append(made)
        return made

    def invoke(
        self, at: float, target: Made | None, method: str, *args: Any, patience: float | None = None
    ) -> Invocation:
        """A client calls a method of the object at this time (s), and leaves after `patience` seconds.

        Without a target, `method` is a fixture: a function of ours on the learner's side (`fixtures`).
        """
        invocation = self._invocation(target, method, args, at, patience)
        self._planned.append(invocation)
        return invocation

    def open_loop(
        self,
        target: Made | None,
        method: str,
        arrivals: Iterable[float],
        args: Callable[[int], tuple[Any, ...]] = lambda number: (),
        *,
        patience: float | None = None,
    ) -> None:
        """Clients who arrive at these times (s, not falling), whatever happens to those before them."""

        def clients() -> Iterator[Invocation]:
            for number, at in enumerate(arrivals):
                yield self._invocation(target, method, args(number), at, patience)

        self._arrivals.append(clients())

    def closed_loop(
        self,
        target: Made | None,
        method: str,
        clients: int,
        requests: int,
        args: Callable[[int], tuple[Any, ...]] = lambda number: (),
        *,
        think: Callable[[Dice], float] = lambda dice: 0.0,
        patience: float | None = None,
    ) -> None:
        """`clients` clients who make `requests` requests each, and think between two of them.

        Each thinks before its first request as well, so that they do not all begin at once.
        """
        for client in range(clients):
            dice = dice_of(self.seed, "client", client)
            self._next_request(target, method, args, think, patience, client, requests, dice)

    def _next_request(
        self,
        target: Made | None,
        method: str,
        args: Callable[[int], tuple[Any, ...]],
        think: Callable[[Dice], float],
        patience: float | None,
        client: int,
        left: int,
        dice: Dice,
    ) -> None:
        if left == 0:
            return

        def then(_: Invocation) -> None:
            self._next_request(target, method, args, think, patience, client, left - 1, dice)

        self._expected += 1
        when = self.now + to_ns(think(dice))
        self._at(
            when, self._arrive, self._invocation(target, method, args(client), seconds(when), patience, then)
        )

    def settings(self) -> dict[str, Any]:
        """What the learner's side must know before it begins, as JSON data."""
        return {
            "cores": self.cores,
            "wall_steps": self.wall_steps,
            "order_seed": None if self.order_seed is None else seed_of(self.order_seed, "lanes"),
            "clients": bool(self._planned or self._arrivals or self._expected),
            "references": self.references,
            "make": [
                [
                    made.number,
                    made.kind,
                    made.name if made.of is None else made.of.number,
                    encode(list(made.args)),
                    encode(dict(made.named)),
                ]
                for made in self._made
            ],
        }

    def describe(self) -> str:
        """The services of the scene, for a sentence: ``store answers after 0.5 s, 0.9 s and 2.3 s``."""
        return "; ".join(filter(None, (service.describe() for service in self._services.values())))

    def record(self) -> Record:
        """What has happened so far."""
        return Record(tuple(self._events), self._dropped)

    # -- the link

    def handle(self, operations: Sequence[Sequence[Any]]) -> list[Any]:
        """Do the operations in order; return ``[now_ns, completions, why it is over or None]``.

        A completion is ``[id, "reply", value]``, ``[id, "error", type, text]``, or, for a lane,
        ``[lane, "start"]`` or ``[lane, "unblock"]``; for a client ``[-id, "invoke", object, method, args]``
        or ``[-id, "depart"]``. Only ``["idle", until_ns or None]`` lets time pass.
        """
        if self.over is not None:
            return [self.now, [], self.over]
        try:
            self._spend(check(operations))
            for word, *fields in operations:
                if self.over is not None:
                    break
                self._operations[word](*fields)
        except ProtocolError as error:
            self._stop("protocol", f"the link was misused: {error}", "")
        except Exception as error:  # nothing that is said to a world may bring it down
            self._stop("protocol", f"the world could not go on: {type(error).__name__}: {error}", "")
        done, self._done = self._done, []
        if self._order is not None:
            self._order.shuffle(done)
        return [self.now, done, self.over or self._stuck]

    def close(self) -> None:
        """Answer nothing more and record nothing more: what follows is the runner's clean-up."""
        self.over = self.over or "closed"

    def _on_close(self) -> None:
        self.close()

    # -- the record

    def _log(self, kind: str, *fields: Any) -> None:
        if self.over is not None and kind != "stop":
            return
        if len(self._events) >= self._max_events and kind not in ("stop", "return", "raise"):
            self._dropped += 1
        else:
            self._events.append((self.now, kind, *fields))

    def _stop(self, why: str, text: str, line: str) -> None:
        if self.over is None:
            self.over = why
            self._log("stop", why, readable(text, MAX_TEXT), readable(line, MAX_TEXT))

    def _spend(self, size: int) -> None:
        self._bytes_left -= size
        if self._bytes_left < 0:
            self._stop("events", "the values that it sent and was sent are too much to keep", "")

    # -- calls

    def _on_call(self, id: int, lane: int, service: str, method: str, args: list[Any], task: str) -> None:
        self._check_lane(lane)
        self._begin_call(id, lane, service, method, args, task, blocking=False)

    def _on_work(
        self, id: int, lane: int, service: str, method: str, args: list[Any], task: str, line: str
    ) -> None:
        self._check_lane(lane)
        asked = self._services.get(service)
        self._hold(lane, task, method, line, computes=asked is not None and asked.form != "sleep")
        self._begin_call(id, lane, service, method, args, task, blocking=True)

    def _begin_call(
        self, id: int, lane: int, name: str, method: str, args: list[Any], task: str, *, blocking: bool
    ) -> None:
        self._take_id(id)
        service = self._services.get(name)
        if service is None or method not in service.methods or (service.form == "await") is blocking:
            raise ProtocolError(f"there is no {shown(name)} with such a method {shown(method)}")
        if len(args) != len(service.methods[method]):
            raise ProtocolError(f"{name}.{method} does not take {len(args)} arguments")
        if len(self._requests) >= MAX_IN_FLIGHT:
            self._stop("events", f"it had {MAX_IN_FLIGHT:,} calls in flight at once", "")
            return
        self._log("call", id, name, method, args, task)
        request = _Request(service, method, args, service.attempt(args), lane if blocking else None)
        self._requests[id] = request
        if blocking:
            self._asking[lane] = id
        if not service.admits(self.now):
            self._fail(id, RuntimeError("429 Too Many Requests"))
        elif service.capacity is None or service.in_service < service.capacity:
            self._start(id, request)
        else:
            service.line[id] = None

    def _take_id(self, id: int) -> None:
        if id <= self._last_id:
            raise ProtocolError(f"number {id} is not above {self._last_id}")
        self._last_id = id

    def _check_lane(self, lane: int) -> None:
        if lane != 0 and not (lane in self._jobs and self._jobs[lane].running):
            raise ProtocolError(f"there is no lane {lane} that runs")
        if lane in self._blocked:
            raise ProtocolError(f"lane {lane} acts while it stands still")

    def _start(self, id: int, request: _Request) -> None:
        service = request.service
        service.in_service += 1
        try:
            took = self._time_of(request)
        except Exception as error:  # arguments that the service cannot make anything of
            request.timer = self._at(self.now, self._fail_now, (id, error))
            return
        if request.lane is not None and service.form in ("python", "native"):
            self._compute(request.lane, service.form, took)
            request.timer = [0, 0, None, None]  # in service; its end comes from the processor
        else:
            request.timer = self._at(self.now + took, self._finish, id)

    def _time_of(self, request: _Request) -> int:
        """How long the service will work on it, in ns."""
        service = request.service
        took = to_ns(service.latency_of(*request.args, attempt=request.attempt))
        knee = service.knee_at(self.now)
        if knee is not None and service.in_service > knee:
            took = took * service.in_service // knee
        return 0 if request.method in service.instant else took

    def _finish(self, id: int) -> None:
        request = self._requests[id]
        try:
            failure, value = self._answer_to(request)
        except Exception as error:
            failure, value = error, None
        if failure is not None:
            self._fail(id, failure)
            return
        self._end_call(id)
        self._log("reply", id, value)
        self._done.append([id, "reply", value])
        if type(value) is list or type(value) is dict:
            self._spend(weigh([value]))

    def _answer_to(self, request: _Request) -> tuple[BaseException | None, Any]:
        """What the service answers with: an exception, or else a value."""
        service, args = request.service, request.args
        if service.down_at(self.now):
            return ConnectionError(f"{service.name} is down"), None
        failure = service.failure_of(*args, attempt=request.attempt)
        if failure is not None:
            return failure, None
        return None, encode(service.next_item() if service.is_source else service.reply(*args))

    def _fail_now(self, failed: tuple[int, Exception]) -> None:
        self._fail(*failed)

    def _fail(self, id: int, failure: BaseException) -> None:
        self._end_call(id)
        name, text = stands_for(type(failure)), text_of(failure)
        self._log("error", id, name, text)
        self._done.append([id, "error", name, text])

    def _on_cancel(self, id: int) -> None:
        if id > self._last_id:
            raise ProtocolError(f"nobody asked for {id}")
        request = self._requests.get(id)
        if request is None:
            return  # the answer was on its way
        if request.lane is not None:
            raise ProtocolError(f"{id} holds lane {request.lane}, which cannot let go of it")
        self._end_call(id)
        self._log("cancel", id)

    def _end_call(self, id: int) -> None:
        """Take a call out of the service's hands and start the next one in line."""
        request = self._requests.pop(id)
        service = request.service
        if request.lane is not None:
            del self._asking[request.lane]
            self._release_lane(request.lane)
        if request.timer is None:
            service.line.pop(id, None)
            return
        request.timer[2] = None  # a cancelled timer must not move the clock
        service.in_service -= 1
        if service.line:
            next_id, _ = service.line.popitem(last=False)
            self._start(next_id, self._requests[next_id])

    # -- lanes: the loop's own thread, threads and process jobs

    def _on_block(self, lane: int, why: str, duration: int, task: str, line: str) -> None:
        self._check_lane(lane)
        if why not in ("sleep", "python", "native"):
            raise ProtocolError(f"a lane cannot be blocked by {shown(why)}")
        self._hold(lane, task, why, line, computes=why != "sleep")
        if why == "sleep":
            self._at(self.now + duration, self._unblock, lane)
        else:
            self._compute(lane, why, duration)

    def _hold(self, lane: int, task: str, why: str, line: str, *, computes: bool) -> None:
        self._blocked[lane] = task
        if lane == 0:
            self._log("block", task, why, line)
        elif not computes:
            self._waiting.add(lane)
            self._log("wait", lane, why)

    def _unblock(self, lane: int) -> None:
        self._release_lane(lane)
        self._done.append([lane, "unblock"])

    def _release_lane(self, lane: int) -> None:
        task = self._blocked.pop(lane)
        if lane == 0:
            self._log("unblock", task)
        elif lane in self._waiting:
            self._waiting.remove(lane)
            self._log("run", lane)

    def _on_wait(self, task: str, line: str) -> None:
        """The loop's thread waits for another lane: nothing else can run, as with any block."""
        self._check_lane(0)
        self._hold(0, task, "wait", line, computes=False)
        self._loop_waits = True

    def _on_go_on(self, task: str) -> None:
        if not self._loop_waits:
            raise ProtocolError("lane 0 goes on and had not waited")
        self._loop_waits = False
        self._release_lane(0)

    def _on_job(self, id: int, pool: str, kind: str, size: int, name: str) -> None:
        self._take_id(id)
        if self._running + 1 <= len(self._blocked):
            raise ProtocolError("a job is submitted while every lane stands still")
        if kind not in self._start_cost:
            raise ProtocolError(f"there are no {shown(kind)} jobs")
        if len(self._jobs) >= MAX_JOBS or len(self._pools) >= MAX_POOLS:
            self._stop("events", f"it had {MAX_JOBS:,} jobs or {MAX_POOLS:,} executors", "")
            return
        self._jobs[id] = _Job(pool, kind, name)
        self._log("task", id, name, None)
        if not pool:
            self._begin_job(id, new=True)
            return
        workers = self._pools.setdefault(pool, Pool("process" if kind == "process" else "thread", size))
        if workers.kind != kind:
            raise ProtocolError(f"a {workers.kind} pool takes no {kind} jobs")
        taken = workers.take(id)
        if taken != "wait":
            self._begin_job(id, new=taken == "new")

    def _begin_job(self, id: int, *, new: bool) -> None:
        kind = self._jobs[id].kind
        if new:
            self._log("worker", kind, self._memory[kind])
        self._at(self.now + (self._start_cost[kind] if new else 0), self._job_runs, id)

    def _job_runs(self, id: int) -> None:
        self._jobs[id].running = True
        self._running += 1
        self._log("run", id)
        self._done.append([id, "start"])

    def _on_done(self, id: int) -> None:
        if id == 0:
            raise ProtocolError("the loop's own lane is no job")
        self._check_lane(id)
        job = self._jobs.pop(id)
        self._running -= 1
        self._log("end", id, "returned")
        if job.pool:
            next_id = self._pools[job.pool].release()
            if next_id is not None:
                self._begin_job(next_id, new=False)

    # -- computing

    def _compute(self, lane: int, kind: Any, work: int) -> None:
        process = lane if lane and self._jobs[lane].kind == "process" else 0
        self._processor.start(lane, kind, process, work, self.now)
        self._computing_changed = True  # many may start now; when the next one ends is worked out once

    def _plan_end_of_computing(self) -> None:
        self._computing_changed = False
        if self._computing_ends is not None:
            self._computing_ends[2] = None
        end = self._processor.next_end()
        self._computing_ends = None if end is None else self._at(end, self._computed, None)

    def _computed(self, _: None) -> None:
        self._computing_ends = None
        for lane in self._processor.ended(self.now):
            if lane in self._asking:
                self._finish(self._asking[lane])
            else:
                self._unblock(lane)
        self._computing_changed = True

    # -- clients

    def _invocation(
        self,
        target: Made | None,
        method: str,
        args: tuple[Any, ...],
        at: float,
        patience: float | None,
        then: Callable[[Invocation], None] | None = None,
    ) -> Invocation:
        return Invocation(0, target, method, args, at, patience, then)

    def _on_drive(self, id: int) -> None:
        """The learner's objects are there: the clients may come. Completed when the last one has gone."""
        self._take_id(id)
        self._check_lane(0)
        if self._driven:
            raise ProtocolError("the clients have been called before")
        self._driven = True
        self._drain = id
        for invocation in sorted(self._planned, key=lambda one: one.at):
            self._expected += 1
            self._at(max(self.now, to_ns(invocation.at)), self._arrive, invocation)
        for clients in self._arrivals:
            self._expect_next(clients)
        self._drained()

    def _expect_next(self, clients: Iterator[Invocation]) -> None:
        invocation = next(clients, None)
        if invocation is not None:
            self._expected += 1
            self._at(max(self.now, to_ns(invocation.at)), self._arrive_and_expect, (invocation, clients))

    def _arrive_and_expect(self, both: tuple[Invocation, Iterator[Invocation]]) -> None:
        self._arrive(both[0])
        self._expect_next(both[1])

    def _arrive(self, invocation: Invocation) -> None:
        self._expected -= 1
        self._arrived += 1
        invocation.id = self._arrived
        invocation.at = seconds(self.now)
        self._open[invocation.id] = invocation
        target = 0 if invocation.target is None else invocation.target.number
        args = encode(list(invocation.args))
        self._log("arrive", invocation.id, target, invocation.method, args)
        self._done.append([-invocation.id, "invoke", target, invocation.method, args])
        if invocation.patience is not None:
            self._departures[invocation.id] = self._at(
                self.now + to_ns(invocation.patience), self._depart, invocation.id
            )

    def _depart(self, id: int) -> None:
        self._close_invocation(id, "departed", None, "")
        self._log("depart", id)
        self._done.append([-id, "depart"])

    def _on_answer(self, id: int, how: str, value: Any, error: str = "") -> None:
        self._check_lane(0)
        if how not in ("reply", "error"):
            raise ProtocolError(f"an answer is a reply or an error, not {shown(how)}")
        if how == "error":
            if type(value) is not str:
                raise ProtocolError(f"{shown(value)} is no text of an error")
            value, error = readable(value, MAX_TEXT), readable(error, MAX_TEXT)
        if id not in self._open:
            if 0 < id <= self._arrived:
                return  # the client has left already
            raise ProtocolError(f"no client has asked for {shown(id)}")
        self._close_invocation(id, how, value, error)
        self._log("answer", id, how, value, error)

    def _close_invocation(self, id: int, how: str, value: Any, error: str) -> None:
        invocation = self._open.pop(id)
        invocation.end, invocation.how, invocation.value, invocation.error = (
            seconds(self.now),
            how,
            value,
            error,
        )
        self.totals.add(invocation)
        timer = self._departures.pop(id, None)
        if timer is not None:
            timer[2] = None
        if invocation.then is not None:
            invocation.then(invocation)
        self._drained()

    def _drained(self) -> None:
        if self._drain is not None and not self._open and not self._expected:
            self._done.append([self._drain, "reply", None])
            self._drain = None

    # -- what the learner's function gives

    def _on_item(self, value: Any) -> None:
        self._check_lane(0)
        if self._ends:
            raise ProtocolError("an item comes after the end")
        self._log("item", value)

    def _on_print(self, text: str) -> None:
        self._log("print", readable(text, MAX_TEXT))

    def _on_noise(self, text: str) -> None:
        self._log("noise", readable(text, MAX_TEXT))

    def _on_return(self, value: Any) -> None:
        self._check_end(before=0)
        self._log("return", value)

    def _on_raise(self, kind: str, text: str, line: str) -> None:
        self._check_end(before=1)  # a task that was left behind may end it all once more
        self._log("raise", readable(kind, MAX_TEXT), readable(text, MAX_TEXT), readable(line, MAX_TEXT))

    def _check_end(self, before: int) -> None:
        self._check_lane(0)
        if self._ends > before:
            raise ProtocolError("it ends again")
        self._ends += 1

    def _on_stop(self, why: str, text: str, line: str) -> None:
        if why not in STOPS:
            raise ProtocolError(f"no run is stopped by {shown(why)}")
        self._stop(why, text, line)

    # -- time

    def _on_idle(self, until: int | None) -> None:
        """Let time pass until something is done or `until` is reached, whichever is first."""
        if until is not None and until < self.now:
            raise ProtocolError(f"time does not go back, from {self.now} to {until} ns")
        self._stuck = None
        timers = self._timers
        while timers or self._computing_changed:
            if self._computing_changed:
                self._plan_end_of_computing()
                continue
            when, _, action, argument = timers[0]
            if action is None:
                heapq.heappop(timers)
                continue
            if (self._done and when > self.now) or (until is not None and when > until):
                break
            heapq.heappop(timers)
            if not self._move_to(when):
                return
            action(argument)
        if self._done:
            return
        if until is None:
            self._stuck = (
                "deadlock"  # who waits, and where, only the learner's side can say: its "stop" follows
            )
        elif until > self.now:
            self._move_to(until)

    def _at(self, when: int, action: Callable[[Any], None], argument: Any) -> Timer:
        self._sequence += 1
        timer = [when, self._sequence, action, argument]
        heapq.heappush(self._timers, timer)
        return timer

    def _move_to(self, when: int) -> bool:
        if when > self._horizon:
            self._stuck = "horizon"  # likewise: the learner's side says which line was waiting
            return False
        self.now = when
        return True

    @property
    def seconds(self) -> float:
        """The time now, in seconds since the world began."""
        return self.now / NS


def _nothing(dice: Dice, *args: Any) -> None:
    """What a sink answers."""
