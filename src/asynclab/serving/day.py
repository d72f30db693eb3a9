"""A day of the inference service on a simulated clock: 25 seconds in which everything happens."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from asynclab.clients import poisson
from asynclab.play import play
from asynclab.quantiles import nearest_rank
from asynclab.record import Raised, Stopped
from asynclab.runner import Limits
from asynclab.serving.reference_parts import parts
from asynclab.serving.refused import Refused
from asynclab.serving.service import Service
from asynclab.serving.settings import Settings
from asynclab.world import World

#: The device's pace, in seconds: 32 rows take 0.2 s, so it can do 160 rows a second.
FIXED, PER_ROW = 0.04, 0.005
MAX_BATCH = 32
CAPACITY = MAX_BATCH / (FIXED + PER_ROW * MAX_BATCH)

#: Seconds that a client waits for its answer.
BUDGET = 0.4

#: Seconds of loading a version, of its warm-up, and of a call of the device that fails.
LOAD, WARM_UP, FAILURE = 0.6, 0.3, 0.005

#: When a new version is promoted, when the device is gone, and when the service is told to end (s).
SWAP, OUTAGE, END = 14.0, (18.0, 20.0), 23.5

#: Seconds in which it has to end.
GRACE = 2.0

#: One row in so many cannot be computed while rows are poisoned: about two a second.
ONE_IN = 48

#: An answer that comes so much (s) after its time is in time: the clock's and the timers' rounding.
TICK = 1e-5

#: Seconds of CPU time, and of real time, after which a day is stopped that does not end.
PATIENCE = 8.0


@dataclass(frozen=True)
class Phase:
    """A part of the day, from one second to another: `load` times as much comes as the device can do."""

    name: str
    start: float
    until: float
    load: float


PHASES = (
    Phase("the warm-up", 0.0, 2.0, 0.3),
    Phase("the usual load", 2.0, 6.0, 0.6),
    Phase("the spike", 6.0, 9.0, 3.0),
    Phase("the poisoned rows", 9.0, 13.0, 0.6),
    Phase("the new version", 13.0, 17.0, 0.6),
    Phase("the outage", 17.0, 22.5, 0.6),
    Phase("the end", 22.5, 24.0, 0.6),
)


@dataclass
class Request:
    """A request as its client saw it; times in seconds from the beginning of the day."""

    number: int
    at: float
    end: float = math.inf
    how: str = "open"  # "answer", "503 full", "raised KeyError" ...
    version: str = ""  # that the answer says it is of
    result: Any = None  # version and number of the row, as the model wrote them

    @property
    def is_mixed_up(self) -> bool:
        """Whether it has the answer to another's row, or of another version than it says."""
        return self.how == "answer" and self.result != [self.version, self.number]

    @property
    def is_good(self) -> bool:
        """Whether the client has its own answer, in time."""
        return self.how == "answer" and not self.is_mixed_up and self.end - self.at <= BUDGET + TICK

    @property
    def is_lost(self) -> bool:
        """Whether the client was told nothing of use: an error of ours, silence, or cut off at the end."""
        return self.how == "open" or self.how.startswith("raised") or self.how == "503 closed"


@dataclass(frozen=True)
class Work:
    """A call of the device: which rows, by their numbers, and for how long (s)."""

    rows: tuple[int, ...]
    seconds: float
    went_well: bool


@dataclass
class Day:
    """What has been seen of a day."""

    requests: list[Request] = field(default_factory=list)
    work: list[Work] = field(default_factory=list)
    stopped: str = ""  # why it did not come to its end, when it did not
    endless: bool = False  # and it took all the time that there is

    def during(self, phase: Phase) -> list[Request]:
        return [one for one in self.requests if phase.start <= one.at < phase.until]

    @property
    def good(self) -> int:
        return sum(one.is_good for one in self.requests)

    @property
    def lost(self) -> list[Request]:
        return [one for one in self.requests if one.is_lost]

    @property
    def mixed_up(self) -> list[Request]:
        return [one for one in self.requests if one.is_mixed_up]

    @property
    def p99(self) -> float:
        """Seconds that 99 % of the answers did not exceed (nearest rank); infinite without any."""
        took = sorted(one.end - one.at for one in self.requests if one.how == "answer")
        return nearest_rank(took, 0.99) if took else math.inf

    @property
    def wasted(self) -> float:
        """Seconds of the device that went into rows whose clients got no good answer of it."""
        good = {one.number for one in self.requests if one.is_good}
        return sum(
            call.seconds * (1 - call.went_well * sum(row in good for row in call.rows) / len(call.rows))
            for call in self.work
        )


def live_through(own: Mapping[str, Any]) -> Day:
    """A day of the service that is assembled of the classes in `own`, and of ours for those that are missing.

    It is the same day each time, to the microsecond. What goes wrong in it is in what it gives.
    """
    day = Day()

    async def the_day() -> None:
        await _live_through(own, day)

    outcome = play(World(), the_day, limits=Limits(cpu=PATIENCE, wall=PATIENCE), names=own).outcome
    if isinstance(outcome, Stopped):
        day.stopped, day.endless = outcome.text, outcome.why in ("cpu", "wall")
    elif isinstance(outcome, Raised):
        day.stopped = f"{outcome.type}: {outcome.text}"
    return day


async def _live_through(own: Mapping[str, Any], day: Day) -> None:
    made = parts(own)
    settings = Settings(max_batch=MAX_BATCH, budget=BUDGET, reset_after=1.0)
    service = _Watched(made, lambda version: _load(version, day), settings)
    planned = {
        asyncio.create_task(service.start("v1", example=[-1, False])): "the start",
        asyncio.create_task(_later(SWAP, service.registry.promote, "v2")): "the promotion of v2",
        asyncio.create_task(_later(END, made.drain, service, GRACE)): "`drain`",
    }
    doing = list(planned)
    for number, (at, is_bad) in enumerate(_arrivals()):
        await asyncio.sleep(at - _now())
        request = Request(number, at)
        day.requests.append(request)
        doing.append(asyncio.create_task(_ask(service, request, is_bad)))
    await asyncio.wait(doing, timeout=GRACE + 2 * BUDGET)
    for task, what in planned.items():
        if not day.stopped and (not task.done() or task.exception()):
            error = task.exception() if task.done() else None
            ended = f"raised {type(error).__name__}: {error}" if error else "did not come to its end"
            day.stopped = f"{what} {ended}"
    if not day.stopped and not service.is_closed:
        day.stopped = "after `drain` the service was not closed"
    for task in doing:  # what is not over by now never is
        task.cancel()


class _Watched(Service):
    """It notes that it was closed."""

    is_closed = False

    async def close(self) -> None:
        self.is_closed = True
        await super().close()


def _now() -> float:
    """Seconds since the beginning of the day, where the world's clock is at 0."""
    return asyncio.get_running_loop().time()


async def _later(at: float, function: Any, *args: Any) -> None:
    await asyncio.sleep(at)
    await function(*args)


def _arrivals() -> Iterator[tuple[float, bool]]:
    """When requests come, and whether their rows are poisoned."""
    dice = random.Random(5)
    for phase in PHASES:
        for number, at in enumerate(poisson(dice, phase.load * CAPACITY, phase.until, phase.start), start=1):
            yield at, phase.name == "the poisoned rows" and number % ONE_IN == 0


async def _ask(service: Service, request: Request, is_bad: bool) -> None:
    try:
        answer = await service.predict([request.number, is_bad])
    except Refused as refused:
        request.how = f"{refused.status} {refused.reason}"
    except Exception as error:  # no refusal, so an error of the service's own: a 500
        request.how = f"raised {type(error).__name__}"
    else:
        request.how, request.version, request.result = "answer", answer.version, answer.result
    request.end = _now()


def _load(version: str, day: Day) -> _Model:
    time.sleep(LOAD)
    return _Model(version, day)


class _Model:
    """Says of each row which version has computed it, and which row it was."""

    def __init__(self, version: str, day: Day) -> None:
        self._version, self._day, self._is_free = version, day, False

    def predict(self, rows: list[Any]) -> list[Any]:
        numbers = tuple(number for number, _ in rows)
        error = self._error(rows)
        seconds = FAILURE if error else FIXED + PER_ROW * len(rows)
        time.sleep(seconds)
        self._day.work.append(Work(numbers, seconds, went_well=error is None))
        if error:
            raise error
        return [[self._version, number] for number in numbers]

    def _error(self, rows: list[Any]) -> Exception | None:
        if self._is_free:
            return RuntimeError(f"{self._version} has been freed")
        if OUTAGE[0] <= time.monotonic() < OUTAGE[1]:
            return RuntimeError("the device has gone")
        return ValueError("a poisoned row") if any(is_bad for _, is_bad in rows) else None

    def warm_up(self) -> None:
        time.sleep(WARM_UP)

    def free(self) -> None:
        self._is_free = True
