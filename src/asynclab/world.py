"""Everything outside the learner's code, on its own clock: an hour inside costs no time outside.

The world alone decides when something happens, and it writes the record. It knows no asyncio and
never runs a learner's code; it answers `handle(ops)`, a list of plain JSON operations, so it can
live in the same process or in another one.
"""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from asynclab.link import SERVICE, Reference, decode, describe, encode
from asynclab.record import NS, Event, Record, seconds

Dice = random.Random
Latency = float | Mapping[str, float] | Callable[[Dice], float]
Failure = Exception | Mapping[str, Exception] | Callable[[Any, int], Exception | None] | None

#: A run that is not over by then waits for something that no exercise has: an hour.
HORIZON = 3600.0
#: More events than this and the run is ended: no exercise so far needs more.
MAX_EVENTS = 100_000


class ProtocolError(Exception):
    """The learner's side asked for something that the rules do not allow; its run ends."""


def to_ns(duration: float) -> int:
    """Seconds as integer nanoseconds, so that ten times 0.1 s is exactly 1.0 s."""
    return round(duration * NS)


class Service(Reference):
    """Something that answers after a while: a feature store, a replica, a model.

    `latency` is in seconds: one number, one per first argument, or drawn by a function from dice.
    `fail` is the exception it answers with: always, for some first arguments, or as
    ``fail(first_argument, attempt)`` says, attempts counted from 1.
    `keys` are the first arguments it knows, when that is to be judged; others get a KeyError.
    `capacity` is how many calls it works on at once; the others wait in line. None means any number.
    """

    def __init__(
        self,
        name: str,
        *,
        seed: int,
        methods: Mapping[str, Sequence[str]],
        latency: Latency = 0.1,
        fail: Failure = None,
        reply: Callable[[Dice, Any], Any] | None = None,
        keys: Sequence[str] | None = None,
        capacity: int | None = None,
    ) -> None:
        self.name = name
        self.methods = {method: list(parameters) for method, parameters in methods.items()}
        self.capacity = capacity
        self.in_service = 0
        self.line: list[int] = []
        self._seed = seed
        self._latency = latency
        self._fail = fail
        self._reply = reply
        self._keys = tuple(latency) if keys is None and isinstance(latency, Mapping) else keys
        self._attempts: dict[str, int] = {}

    def reference(self) -> dict[str, Any]:
        return {SERVICE: self.name, "methods": self.methods}

    def dice(self, *key: Any) -> Dice:
        """Dice that depend on what is asked, never on the order in which it is asked."""
        return random.Random(json.dumps([self._seed, self.name, *key]))

    def reply(self, *args: Any) -> Any:
        """What the service answers to these arguments, whenever it is asked."""
        if self._reply is not None:
            return self._reply(self.dice("reply", args), *args)
        return round(self.dice("reply", args).random(), 6)

    def latency_of(self, *args: Any, attempt: int = 1) -> float:
        """Seconds that a call with these arguments takes, once the service works on it."""
        if callable(self._latency):
            return self._latency(self.dice("latency", args, attempt))
        if isinstance(self._latency, Mapping):
            return float(self._latency[args[0]]) if self._knows(args) else self.slowest
        return float(self._latency)

    def _knows(self, args: Sequence[Any]) -> bool:
        return self._keys is None or bool(args and args[0] in self._keys)

    def failure_of(self, *args: Any, attempt: int = 1) -> Exception | None:
        """The exception that a call with these arguments ends in, if any."""
        if not self._knows(args):
            return KeyError(f"{self.name} has no {decode(args[0]) if args else ''!r}")
        if callable(self._fail):
            return self._fail(args[0] if args else None, attempt)
        if isinstance(self._fail, Mapping):
            return next((error for key, error in self._fail.items() if args and args[0] == key), None)
        return self._fail

    @property
    def slowest(self) -> float:
        """The longest latency in seconds, for a service with fixed latencies."""
        if callable(self._latency):
            raise TypeError(f"{self.name!r} draws its latencies; there is no slowest one to compare with")
        if isinstance(self._latency, Mapping):
            return max(map(float, self._latency.values()))
        return float(self._latency)

    def attempt(self, args: Sequence[Any]) -> int:
        """How often these arguments have been asked for, this time included."""
        key = repr(args)  # plain JSON data, so equal texts are equal arguments
        self._attempts[key] = self._attempts.get(key, 0) + 1
        return self._attempts[key]


class _Request:
    """A call in the world's hands."""

    __slots__ = ("args", "attempt", "service", "timer")

    def __init__(self, service: Service, args: list[Any], attempt: int) -> None:
        self.service = service
        self.args = args
        self.attempt = attempt
        self.timer: list[Any] | None = None  # None while it waits in line


def _outcome(request: _Request) -> list[Any]:
    """How a call ends: ``["reply", value]`` or ``["error", type, text]``."""
    service, args = request.service, request.args
    failure = service.failure_of(*args, attempt=request.attempt)
    if failure is None:
        try:
            return ["reply", encode(service.reply(*args))]
        except Exception as nonsense:  # what was asked makes no sense to the function that replies
            failure = nonsense
    return ["error", type(failure).__name__, str(failure.args[0]) if failure.args else ""]


def _text(value: object) -> str:
    if type(value) is not str:
        raise ProtocolError(f"{describe(value)} came where a text was expected")
    return value


class World:
    """A machine room with its own clock.

    >>> world = World(seed=1)
    >>> store = world.service("store", latency=2.0)  # seconds on the world's clock
    >>> world.handle([["call", 1, "store", "get", ["a"], "T1"], ["idle", None]])
    [2000000000, [[1, 'reply', 0.87818]], None]
    >>> world.record().calls()[0].end
    2.0
    """

    def __init__(self, seed: int = 0, *, horizon: float = HORIZON, max_events: int = MAX_EVENTS) -> None:
        self.seed = seed
        self.now = 0
        self.over: str | None = None  # why nothing is answered any more
        self._horizon = to_ns(horizon)
        self._max_events = max_events
        self._events: list[Event] = []
        self._services: dict[str, Service] = {}
        self._requests: dict[int, _Request] = {}
        self._timers: list[list[Any]] = []  # [when, sequence, what or None when cancelled, its argument]
        self._sequence = 0
        self._last_id = 0
        self._blocked = False
        self._stuck: str | None = None  # why no time can pass
        self._full = False  # there were more events than are kept
        self._done: list[list[Any]] = []
        self._operations: dict[str, Callable[..., None]] = {
            "call": self._on_call,
            "cancel": self._on_cancel,
            "block": self._on_block,
            "item": self._on_item,
            "print": self._on_print,
            "noise": self._on_noise,
            "return": self._on_return,
            "raise": self._on_raise,
            "stop": self._on_stop,
            "idle": self._on_idle,
        }

    def service(
        self,
        name: str,
        *,
        methods: Mapping[str, Sequence[str]] | None = None,
        latency: Latency = 0.1,
        fail: Failure = None,
        reply: Callable[[Dice, Any], Any] | None = None,
        keys: Sequence[str] | None = None,
        capacity: int | None = None,
    ) -> Service:
        """Add a service; its one method is ``get(key)`` unless `methods` names others.

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
        )
        return service

    def record(self) -> Record:
        """What has happened so far."""
        return Record(tuple(self._events))

    def handle(self, operations: Sequence[Sequence[Any]]) -> list[Any]:
        """Do the operations in order; return ``[now_ns, completions, why it is over or None]``.

        A completion is ``[id, "reply", value]``, ``[id, "error", type, text]`` or, for the loop's own
        blocked stretch, ``[0, "unblock"]``. Only ``["idle", until_ns or None]`` lets time pass.
        """
        if self.over is not None:
            return [self.now, [], self.over]
        try:
            for operation in operations:
                self._operations[operation[0]](*operation[1:])
        except (ProtocolError, KeyError, TypeError, IndexError, ValueError, RecursionError) as error:
            self._stop("protocol", f"the link was misused: {error}", "")
        done, self._done = self._done, []
        return [self.now, done, self.over or ("events" if self._full else self._stuck)]

    def close(self) -> None:
        """Answer nothing more and record nothing more: what follows is the runner's clean-up."""
        self.over = self.over or "closed"

    # -- the record

    def _log(self, kind: str, *fields: Any) -> None:
        if len(self._events) >= self._max_events:
            self._full = True  # where that happened, the learner's side says: its "stop" follows
        elif self.over is None:
            self._events.append((self.now, kind, *fields))

    def _stop(self, why: str, text: str, line: str) -> None:
        if self.over is None:
            self.over = why
            self._events.append((self.now, "stop", why, text, line))

    # -- what the learner's side may say

    def _on_call(self, id: int, service_name: str, method: str, args: list[Any], task: str) -> None:
        if self._blocked:
            raise ProtocolError("a call was started while the loop was blocked")
        if type(id) is not int or id <= self._last_id:
            raise ProtocolError(f"call number {id!r} is not above {self._last_id}")
        service = self._services.get(service_name)
        if service is None or method not in service.methods:
            raise ProtocolError(f"there is no {service_name!r} with a method {method!r}")
        if type(args) is not list or len(args) != len(service.methods[method]):
            raise ProtocolError(f"`{service_name}.{method}` was called with {describe(args)}")
        self._last_id = id
        self._log("call", id, service_name, method, args, _text(task))
        request = self._requests[id] = _Request(service, args, service.attempt(args))
        if service.capacity is None or service.in_service < service.capacity:
            self._start(id, request)
        else:
            service.line.append(id)

    def _on_cancel(self, id: int) -> None:
        if id in self._requests:
            self._release(id)
            self._log("cancel", id)

    def _on_block(self, why: str, duration: int, task: str, line: str) -> None:
        if type(duration) is not int or duration < 0 or self._blocked:
            raise ProtocolError(f"the loop cannot be blocked for {duration!r} ns")
        self._blocked = True
        self._log("block", _text(task), _text(why), _text(line))
        self._at(self.now + duration, self._unblock, task)

    def _on_item(self, value: Any) -> None:
        self._log("item", value)

    def _on_print(self, text: str) -> None:
        self._log("print", _text(text))

    def _on_noise(self, text: str) -> None:
        self._log("noise", _text(text))

    def _on_return(self, value: Any) -> None:
        self._log("return", value)

    def _on_raise(self, kind: str, text: str, line: str) -> None:
        self._log("raise", _text(kind), _text(text), _text(line))

    def _on_stop(self, why: str, text: str, line: str) -> None:
        self._stop(_text(why), _text(text), _text(line))

    def _on_idle(self, until: int | None) -> None:
        """Let time pass until something is done or `until` is reached, whichever is first."""
        if until is not None and type(until) is not int:
            raise ProtocolError(f"{until!r} is no time; times are integer nanoseconds")
        self._stuck = None
        timers = self._timers
        while timers:
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
            self._stuck = "deadlock"  # who waits, and where, only the learner's side can say
        elif until > self.now:
            self._move_to(until)

    # -- time

    def _at(self, when: int, action: Callable[[Any], None], argument: Any) -> list[Any]:
        self._sequence += 1
        timer = [when, self._sequence, action, argument]
        heapq.heappush(self._timers, timer)
        return timer

    def _move_to(self, when: int) -> bool:
        if when > self._horizon:
            self._stuck = "horizon"
            return False
        self.now = when
        return True

    def _start(self, id: int, request: _Request) -> None:
        request.service.in_service += 1
        latency = request.service.latency_of(*request.args, attempt=request.attempt)
        request.timer = self._at(self.now + to_ns(latency), self._finish, id)

    def _finish(self, id: int) -> None:
        request = self._requests[id]
        self._release(id)
        outcome = _outcome(request)
        self._log(outcome[0], id, *outcome[1:])
        self._done.append([id, *outcome])

    def _release(self, id: int) -> None:
        """Take a call out of the service's hands and start the next one in line."""
        request = self._requests.pop(id)
        service = request.service
        if request.timer is None:
            service.line.remove(id)
            return
        request.timer[2] = None  # a cancelled timer must not move the clock
        service.in_service -= 1
        if service.line:
            next_id = service.line.pop(0)
            self._start(next_id, self._requests[next_id])

    def _unblock(self, task: str) -> None:
        self._blocked = False
        self._log("unblock", task)
        self._done.append([0, "unblock"])

    @property
    def seconds(self) -> float:
        """The time now, in seconds since the world began."""
        return seconds(self.now)
