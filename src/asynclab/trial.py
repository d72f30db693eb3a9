"""One check of one answer in one world: the scene, and the runs of the learner's code in it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from asynclab.choices import Choices
from asynclab.clients import Invocation, Made
from asynclab.link import with_named
from asynclab.observed import Run
from asynclab.record import Record, Stopped
from asynclab.runner import How
from asynclab.service import Dice, Failure, Form, Knee, Latency, Quota, Service
from asynclab.world import World


class Player(Protocol):
    """Where the learner's code is: in this process, or at the other end of a link."""

    def play(self, world: World, name: str | int, args: Sequence[Any], how: How) -> Record:
        """Run the learner's function of that name in the world; to drive, `name` is the class needed most.

        A number is that of something that the scene has made.
        """


class Trial:
    """What an exercise's check is given: dice for the scene, and a way to run the learner's code.

    What is drawn depends on (seed, number), and is recorded in `choices`, so that a scene can be played
    again with smaller ones. Number 0 is the smallest scene. Three of four scenes have their own order
    of what happens at one instant. `references` are the sources of the answers that the exercise needs.
    """

    def __init__(
        self,
        player: Player,
        seed: int = 0,
        number: int = 0,
        replay: Sequence[int] = (),
        references: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._player = player
        self._references = references
        self.choices = Choices(f"{seed}/{number}", replay, smallest=number == 0 or bool(replay))
        self._order_seed = self.choices.seed("order") if self.choices.in_most("its own order") else None
        self._scenes = 0
        self.seed = seed
        self.number = number
        self.things: list[str] = []  # what the scene is made of, for a sentence: "3 users"
        self.new_scene()
        self.runs: list[Run] = []

    # -- choices

    def vary(self, low: float, high: float) -> float:
        """A number of seconds from low to high, in hundredths."""
        return round(low + self.choices.whole(0, round((high - low) * 100)) / 100, 2)

    def count(self, low: int, high: int) -> int:
        """A whole number from low to high; low in the smallest scene."""
        return self.choices.whole(low, high)

    def dice(self, what: str) -> Dice:
        """Dice of their own for something in the scene; the same in every replay."""
        return random.Random(self.choices.seed(what))

    def names(self, prefix: str, low: int, high: int) -> list[str]:
        """From low to high different names, in no order: ``["user-71", "user-12"]``."""
        count = self.count(low, high)
        self.things.append(f"{count} {prefix}{'' if count == 1 else 's'}")
        return [f"{prefix}-{number}" for number in self.dice(f"names {prefix}").sample(range(10, 100), count)]

    def latencies(self, count: int, low: float, high: float) -> list[float]:
        """`count` different numbers of seconds in no order, at least a twentieth of a second apart.

        The first is neither the shortest nor, from three on, the longest: the order of a list of
        services or keys must not be the order of their answers by luck.
        """
        steps = range(round(low * 20), round(high * 20) + 1)
        drawn = [step / 20 for step in self.dice(f"latencies {self._scenes}").sample(steps, count)]
        middle = sorted(drawn)[min(1, count - 1)]
        drawn.remove(middle)
        return [middle, *drawn]

    # -- the scene

    def new_scene(self, **settings: Any) -> None:
        """Begin another scene, with a clock at 0 and no services; `settings` are those of `World`."""
        self._scenes += 1
        settings.setdefault("order_seed", self._order_seed)
        settings.setdefault("references", self._references)
        self.world = World(seed=self.choices.seed(f"world {self._scenes}"), **settings)

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
        instant: Sequence[str] = (),
    ) -> Service:
        """Put a service into the scene; see `service.Service`."""
        return self.world.service(
            name,
            methods=methods,
            latency=latency,
            fail=fail,
            reply=reply,
            keys=keys,
            capacity=capacity,
            knee=knee,
            outages=outages,
            quota=quota,
            form=form,
            instant=instant,
        )

    def function(self, name: str, *parameters: str, **options: Any) -> Service:
        """A service called like a function: ``await device(rows)``; ``model(batch)`` in a blocking form."""
        return self.service(name, methods={"__call__": list(parameters)}, **options)

    def source(
        self,
        name: str,
        items: Sequence[Any],
        *,
        latency: float = 0.0,
        fail: Failure = None,
        form: Form = "await",
    ) -> Service:
        """Something to read item by item: `async for item in source`, or `for` in a blocking form."""
        return self.world.source(name, items, latency=latency, fail=fail, form=form)

    def sink(
        self, name: str, *, latency: float = 0.0, fail: Failure = None, capacity: int | None = None
    ) -> Service:
        """Something to write to: `await sink.put(item)`."""
        return self.world.sink(name, latency=latency, fail=fail, capacity=capacity)

    def make(self, name: str | Made, *args: Any, **named: Any) -> Made:
        """An object of the learner's class `name`, or of a `reference`, made when the run begins."""
        return self.world.make(name, *args, **named)

    def fixture(self, name: str, *args: Any, **named: Any) -> Made:
        """An object of a class of ours that lives beside the learner's code; see `fixtures`."""
        return self.world.fixture(name, *args, **named)

    def learners(self, name: str) -> Made:
        """The learner's function itself, to hand to a fixture, or for `at`: its method is ``__call__``."""
        return self.world.learners(name)

    def reference(self, exercise: str) -> Made:
        """Our own answer to one of the exercises that this one `needs`, in place of the learner's.

        To hand to the learner's code, to make objects of, or to call. Like a fixture it runs on the
        learner's side, so what it returns there is a claim: judge what it asked of services.
        """
        return self.world.reference(exercise)

    def at(
        self,
        at: float,
        target: Made | None,
        method: str,
        *args: Any,
        patience: float | None = None,
        **named: Any,
    ) -> Invocation:
        """A client calls a method of the object at this time (s) and leaves after `patience` seconds.

        Without a target it calls a fixture. An attribute is read as if it were a method.
        """
        return self.world.invoke(at, target, method, *with_named(args, named), patience=patience)

    def arrivals(
        self,
        target: Made | None,
        method: str,
        arrivals: Iterable[float],
        args: Callable[[int], tuple[Any, ...]] = lambda number: (),
        *,
        patience: float | None = None,
    ) -> None:
        """Clients who come at these times (s) whatever happens; see `clients.poisson`, `burst`, `evenly`."""
        self.world.open_loop(target, method, arrivals, args, patience=patience)

    def returning(
        self,
        target: Made | None,
        method: str,
        clients: int,
        requests: int,
        args: Callable[[int], tuple[Any, ...]] = lambda client: (),
        *,
        think: Callable[[Dice], float] = lambda dice: 0.0,
        patience: float | None = None,
    ) -> None:
        """Clients who send their next request after the answer to the last one and a time to think (s)."""
        self.world.closed_loop(target, method, clients, requests, args, think=think, patience=patience)

    def heartbeat(self, every: float, until: float) -> None:
        """Ask the event loop for a sign of life every so many seconds; see `Run.heartbeat_gap`."""
        self.world.open_loop(None, "ping", (number * every for number in range(1, round(until / every) + 1)))

    # -- the runs

    def call(self, name: str | Made, *args: Any, **named: Any) -> Run:
        """Run ``await name(...)`` in the scene; its clients come meanwhile."""
        return self._play(name, with_named(args, named), "await")

    def iterate(self, name: str | Made, *args: Any, **named: Any) -> Run:
        """Run ``async for item in name(...)`` in the scene to the end; its clients come meanwhile."""
        return self._play(name, with_named(args, named), "iterate")

    def compute(self, name: str | Made, *args: Any, **named: Any) -> Run:
        """Run ``name(...)``, a plain function, in the thread of a running event loop."""
        return self._play(name, with_named(args, named), "call")

    def drive(self, name: str) -> Run:
        """Let the scene's clients call what it has of the learner's, until the last client has gone.

        `name` is the class or function that cannot be done without.
        """
        return self._play(name, (), "drive")

    def under_every_order(self, scene: Callable[[Trial], Run], tries: int = 8) -> Iterator[Run]:
        """The same scene again and again, each time with another legal order of what happens at one instant.

        `scene` puts the services in place and returns the run. What is required of each run must hold
        under every order tried; the first is the order in which things were asked for.
        """
        drawn, scenes, before = list(self.choices.drawn), self._scenes, self._order_seed
        for number in range(tries):
            self.choices.rewind(drawn)
            self._scenes = scenes
            self._order_seed = self.choices.seed(f"order {number}") if number else None
            self.new_scene()
            yield scene(self)
        self._order_seed = before

    # -- what came of it

    @property
    def failure(self) -> str | None:
        """What went wrong first, if anything: the requirement that did not hold, or why a run was stopped."""
        stops = (run.record.outcome.why for run in self.runs if isinstance(run.record.outcome, Stopped))
        texts = (one.text for run in self.runs for one in run.requirements if not one.holds)
        return next(stops, None) or next(texts, None)

    @property
    def size(self) -> tuple[int, int]:
        """How much there is to look at: events of all runs, and for scenes with as many, what was drawn."""
        return sum(len(run.record.events) for run in self.runs), sum(self.choices.drawn)

    def _play(self, target: str | Made, args: Sequence[Any], how: How) -> Run:
        name, made = (target, None) if isinstance(target, str) else (target.name, target.number)
        if self.world.over is not None:
            raise ValueError("a scene is played once: call `trial.new_scene()` before the next run")
        # A run that was stopped has used up its time: nothing is run after it.
        stopped = next((run.record for run in self.runs if run.stopped), None)
        record = stopped or self._player.play(self.world, name if made is None else made, args, how)
        order = "" if self.world.order_seed is None else "what falls on one instant comes in another order"
        run = Run(name, record, "; ".join(filter(None, [self.world.describe(), _repeated(args), order])))
        self.runs.append(run)
        return run


def _repeated(args: Sequence[Any]) -> str:
    """What stands in one of the arguments more than once, for a sentence: ``'user-7' comes twice``."""
    for arg in args:
        items = [repr(item) for item in arg] if isinstance(arg, list | tuple) else []
        for item in dict.fromkeys(items):
            times = items.count(item)
            if times > 1:
                return f"{item} comes {'twice' if times == 2 else f'{times} times'}"
    return ""
