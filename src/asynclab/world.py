"""Everything outside the learner's code, on its own clock: an hour inside costs no time outside.

The world alone decides when something happens, and it writes the record. It knows no asyncio and
never runs a learner's code; it answers `handle(ops)`, a list of plain JSON operations, so it can
live in the same process or in another one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from asynclab.arrivals import Arrivals
from asynclab.calls import Calls
from asynclab.clients import Invocation, Made, Totals
from asynclab.computer import Computer
from asynclab.link import encode
from asynclab.proceedings import MAX_TEXT, Proceedings
from asynclab.protocol import ProtocolError, check, readable, shown
from asynclab.record import NS, STOPS, Record
from asynclab.seeds import seed_of
from asynclab.service import Dice, Failure, Form, Knee, Latency, Quota, Service, to_ns

#: A run that is not over by then waits for something that no exercise has: an hour.
HORIZON = 3600.0
#: Above so many events only what clients and totals are made of is kept, so that memory is bounded.
MAX_EVENTS = 100_000
#: What the learner's side may ask for in one run; far more than any exercise does.
MAX_BYTES = 256 * 2**20


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
        self._run = run = Proceedings(horizon, max_events, max_bytes)
        self._order = None if order_seed is None else random.Random(order_seed)
        start_cost = {"thread": to_ns(thread_start), "process": to_ns(process_start)}
        memory = {"thread": thread_memory, "process": process_memory}
        computer = Computer(run, cores, start_cost, memory)
        self._computer = computer
        self._calls = calls = Calls(run, computer)
        self._clients = clients = Arrivals(run, computer, seed)
        self._made: list[Made] = []
        self._ends = 0  # how often the learner's function has ended
        self._operations: dict[str, Callable[..., None]] = {
            "call": calls.on_call,
            "work": calls.on_work,
            "cancel": calls.on_cancel,
            "block": computer.on_block,
            "wait": computer.on_wait,
            "go on": computer.on_go_on,
            "job": computer.on_job,
            "done": computer.on_done,
            "drive": clients.on_drive,
            "answer": clients.on_answer,
            "item": self._on_item,
            "print": self._on_print,
            "noise": self._on_noise,
            "return": self._on_return,
            "raise": self._on_raise,
            "stop": self._on_stop,
            "close": self.close,
            "idle": run.pass_until,
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
        if name in self._calls.services:
            raise ValueError(f"there is a service named {name!r} already; services need names of their own")
        service = self._calls.services[name] = Service(
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
        return self._clients.plan(at, target, method, args, patience)

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

        self._clients.open_loop(target, method, arrivals, args, patience=patience)

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
        self._clients.closed_loop(target, method, clients, requests, args, think=think, patience=patience)

    def settings(self) -> dict[str, Any]:
        """What the learner's side must know before it begins, as JSON data."""
        return {
            "cores": self.cores,
            "wall_steps": self.wall_steps,
            "order_seed": None if self.order_seed is None else seed_of(self.order_seed, "lanes"),
            "clients": self._clients.are_expected,
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
        return "; ".join(filter(None, (service.describe() for service in self._calls.services.values())))

    def record(self) -> Record:
        """What has happened so far."""
        return Record(tuple(self._run.events), self._run.dropped)

    # -- the link

    def handle(self, operations: Sequence[Sequence[Any]]) -> list[Any]:
        """Do the operations in order; return ``[now_ns, completions, why it is over or None]``.

        A completion is ``[id, "reply", value]``, ``[id, "error", type, text]``, or, for a lane,
        ``[lane, "start"]`` or ``[lane, "unblock"]``; for a client ``[-id, "invoke", object, method, args]``
        or ``[-id, "depart"]``. Only ``["idle", until_ns or None]`` lets time pass.
        """
        run = self._run
        if run.over is not None:
            return [run.now, [], run.over]
        try:
            run.spend(check(operations))
            for word, *fields in operations:
                if run.over is not None:
                    break
                self._operations[word](*fields)
        except ProtocolError as error:
            run.stop("protocol", f"the link was misused: {error}", "")
        except Exception as error:  # nothing that is said to a world may bring it down
            run.stop("protocol", f"the world could not go on: {type(error).__name__}: {error}", "")
        done, run.done = run.done, []
        if self._order is not None:
            self._order.shuffle(done)
        return [run.now, done, run.over or run.stuck]

    def close(self) -> None:
        """Answer nothing more and record nothing more: what follows is the runner's clean-up."""
        self._run.over = self._run.over or "closed"

    # -- what the learner's function gives

    def _on_item(self, value: Any) -> None:
        self._computer.check_lane(0)
        if self._ends:
            raise ProtocolError("an item comes after the end")
        self._run.log("item", value)

    def _on_print(self, text: str) -> None:
        self._run.log("print", readable(text, MAX_TEXT))

    def _on_noise(self, text: str) -> None:
        self._run.log("noise", readable(text, MAX_TEXT))

    def _on_return(self, value: Any) -> None:
        self._check_end(before=0)
        self._run.log("return", value)

    def _on_raise(self, kind: str, text: str, line: str) -> None:
        self._check_end(before=1)  # a task that was left behind may end it all once more
        self._run.log("raise", readable(kind, MAX_TEXT), readable(text, MAX_TEXT), readable(line, MAX_TEXT))

    def _check_end(self, before: int) -> None:
        self._computer.check_lane(0)
        if self._ends > before:
            raise ProtocolError("it ends again")
        self._ends += 1

    def _on_stop(self, why: str, text: str, line: str) -> None:
        if why not in STOPS:
            raise ProtocolError(f"no run is stopped by {shown(why)}")
        self._run.stop(why, text, line)

    # -- time

    @property
    def now(self) -> int:
        """The time now, in ns since the world began."""
        return self._run.now

    @property
    def over(self) -> str | None:
        """Why nothing is answered any more."""
        return self._run.over

    @property
    def totals(self) -> Totals:
        """What its clients saw, in numbers."""
        return self._clients.totals

    @property
    def seconds(self) -> float:
        """The time now, in seconds since the world began."""
        return self._run.now / NS


def _nothing(dice: Dice, *args: Any) -> None:
    """What a sink answers."""
