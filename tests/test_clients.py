"""Virtual clients: they come on time whatever happens, wait as long as they like, and see what they see."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

import pytest

from asynclab.clients import burst, evenly, poisson
from asynclab.exercise import Exercise, examine
from asynclab.fixtures import FIXTURES, fixture
from asynclab.link import with_named
from asynclab.observed import Run
from asynclab.play import drive, play
from asynclab.record import Record, Request, Stopped
from asynclab.world import World


class Desk:
    """Serves `at_once` people together; each takes as long as they say, and has a word in capitals."""

    def __init__(self, at_once: int = 1):
        self.places = asyncio.Semaphore(at_once)
        self.served = 0

    async def serve(self, seconds, word=""):
        async with self.places:
            await asyncio.sleep(seconds)
            self.served += 1
            return word.upper()

    def count(self):
        return self.served

    def hold_up(self, seconds):
        time.sleep(seconds)

    async def refuse(self, kind):
        raise kind("we are closed")

    async def wait_for_ever(self):
        await asyncio.Event().wait()


NAMES = {"Desk": Desk}


def requests(world: World, names: dict[str, Any] = NAMES) -> tuple[Request, ...]:
    return drive(world, names).requests


def seen(world: World, names: dict[str, Any] = NAMES) -> list[tuple[float, float | None, str]]:
    """(arrival, end, how) of every request, in the order of the arrivals."""
    return [(one.at, one.end, one.how) for one in requests(world, names)]


# -- when they come


def test_poisson_arrivals_come_at_their_rate_with_exponential_gaps():
    rate, until = 50.0, 200.0
    times = list(poisson(random.Random(1), rate, until))
    gaps = [later - earlier for earlier, later in zip([0.0, *times], times, strict=False)]
    mean = sum(gaps) / len(gaps)

    # five standard deviations of a Poisson count, and an exponential deviates by as much as its mean
    assert abs(len(times) - rate * until) < 5 * (rate * until) ** 0.5
    assert times == sorted(times)
    assert times[-1] < until
    assert (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5 == pytest.approx(mean, rel=0.05)


def test_poisson_arrivals_repeat_for_a_seed():
    assert list(poisson(random.Random(1), 5, 10)) == list(poisson(random.Random(1), 5, 10))
    assert list(poisson(random.Random(1), 5, 10)) != list(poisson(random.Random(2), 5, 10))


def test_bursts_come_at_one_instant_and_others_at_equal_distances():
    assert list(burst(3, at=2.0)) == [2.0, 2.0, 2.0]
    assert list(evenly(rate=4, until=1.0)) == [0.0, 0.25, 0.5, 0.75]
    assert list(evenly(rate=2, until=2.0, start=1.0)) == [1.0, 1.5]


def test_open_loop_clients_come_whatever_happens_to_those_before_them():
    world = World()
    desk = world.make("Desk")
    world.open_loop(desk, "serve", evenly(rate=2, until=2.0), args=lambda number: (1.0,))

    assert seen(world) == [(0.0, 1.0, "reply"), (0.5, 2.0, "reply"), (1.0, 3.0, "reply"), (1.5, 4.0, "reply")]


def test_closed_loop_clients_come_again_after_the_answer_and_a_time_to_think():
    world = World()
    desk = world.make("Desk", at_once=2)
    world.closed_loop(
        desk, "serve", clients=2, requests=3, args=lambda client: (1.0 + client,), think=lambda dice: 0.5
    )

    assert sorted(seen(world)) == [
        (0.5, 1.5, "reply"),  # the first client: 1 s each
        (0.5, 2.5, "reply"),  # the second client: 2 s each
        (2.0, 3.0, "reply"),
        (3.0, 5.0, "reply"),
        (3.5, 4.5, "reply"),
        (5.5, 7.5, "reply"),
    ]


def test_a_closed_loop_never_has_more_requests_than_clients():
    world = World(seed=3)
    desk = world.make("Desk", at_once=10)
    world.closed_loop(
        desk, "serve", clients=4, requests=10, args=lambda _: (0.9,), think=random.Random.random
    )
    record = drive(world, NAMES)
    open_ones = most = 0
    for event in record.events:
        open_ones += (event[1] == "arrive") - (event[1] in ("answer", "depart"))
        most = max(most, open_ones)

    assert (most, open_ones, len(record.requests)) == (4, 0, 40)


def test_planned_calls_come_in_the_order_of_their_times():
    world = World()
    desk = world.make("Desk")
    for at in (3.0, 1.0, 2.0):
        world.invoke(at, desk, "serve", 0.1)

    assert [one.at for one in requests(world)] == [1.0, 2.0, 3.0]


def test_without_clients_a_driven_run_is_over_at_once():
    world = World()
    world.make("Desk")
    assert drive(world, NAMES).elapsed == 0.0


def test_clients_come_while_a_function_runs_too():
    async def look_in(desk):
        await asyncio.sleep(2.0)
        return desk.count()

    world = World()
    desk = world.make("Desk")
    world.open_loop(desk, "serve", [0.0, 0.0, 5.0], args=lambda number: (0.5,))
    record = play(world, look_in, desk, names=NAMES)

    assert record.outcome.value == 2
    assert [one.end for one in record.requests[:2]] == [0.5, 1.0]


# -- how long they wait


def test_the_latency_is_the_worlds_from_the_arrival_to_the_answer():
    world = World()
    desk = world.make("Desk")
    first, second = (world.invoke(0.0, desk, "serve", 1.0, word) for word in ("a", "b"))
    drive(world, NAMES)

    assert (first.latency, first.value, second.latency, second.value) == (1.0, "A", 2.0, "B")


def test_one_whose_patience_runs_out_leaves_and_its_task_is_cancelled():
    class Shop:
        def __init__(self):
            self.left = []

        async def buy(self, name, store):
            try:
                return await store.get(name)
            except asyncio.CancelledError:
                self.left.append(name)
                raise

        def who_left(self):
            return self.left

    world = World()
    shop, store = world.make("Shop"), world.service("store", latency=1.0)
    impatient = world.invoke(0.0, shop, "buy", "a", store, patience=0.4)
    patient = world.invoke(0.0, shop, "buy", "b", store, patience=1.5)
    asked = world.invoke(2.0, shop, "who_left")
    record = drive(world, {"Shop": Shop})

    assert (impatient.how, impatient.latency, impatient.value) == ("departed", 0.4, None)
    assert (patient.how, patient.latency) == ("reply", 1.0)
    assert asked.value == ["a"]
    assert [(call.how, call.end) for call in record.calls()] == [("cancel", 0.4), ("reply", 1.0)]


def test_an_answer_to_one_who_has_left_is_not_heard():
    class Stubborn:
        async def serve(self):
            try:
                await asyncio.sleep(1.0)
            except asyncio.CancelledError:
                return "too late"

    world = World()
    request = world.invoke(0.0, world.make("Stubborn"), "serve", patience=0.5)
    record = drive(world, {"Stubborn": Stubborn})

    assert (request.how, request.end) == ("departed", 0.5)
    assert not list(record.of("answer"))


def test_the_run_ends_when_the_last_client_has_gone():
    world = World()
    desk = world.make("Desk")
    world.invoke(1.0, desk, "wait_for_ever", patience=3.0)

    assert drive(world, NAMES).elapsed == 4.0


def test_a_client_who_waits_for_ever_is_a_deadlock_with_a_place():
    world = World()
    world.invoke(0.0, world.make("Desk"), "wait_for_ever")
    outcome = drive(world, NAMES).outcome

    assert isinstance(outcome, Stopped)
    assert outcome.why == "deadlock"
    assert "`Desk.wait_for_ever` waits in `Event.wait`, line" in outcome.line


def test_a_method_that_holds_the_loop_for_ever_is_named_too():
    class Bridge:
        def cross(self):
            return asyncio.run_coroutine_threadsafe(asyncio.sleep(1), asyncio.get_running_loop()).result()

    world = World()
    world.invoke(0.0, world.make("Bridge"), "cross")
    outcome = drive(world, {"Bridge": Bridge}).outcome

    assert isinstance(outcome, Stopped)
    assert outcome.line.startswith("`Bridge.cross` waits, line")


# -- what is measured of them


def run_of(world: World, names: dict[str, Any] = NAMES) -> Run:
    return Run("Desk", drive(world, names))


def test_goodput_is_the_part_that_was_answered_in_time_without_an_error():
    world = World()
    desk = world.make("Desk")
    world.open_loop(desk, "serve", burst(3, 0.0), args=lambda number: (1.0,))
    world.invoke(0.1, desk, "refuse", ValueError)
    world.invoke(0.1, desk, "serve", 1.0, patience=0.5)

    assert (
        run_of(world).goodput(within=2.0) == 2 / 5
    )  # an answer after 2.0 s is in time, one after 3.0 s is not


def test_quantiles_of_latency_are_of_the_nearest_rank():
    world = World()
    desk = world.make("Desk")
    world.open_loop(desk, "serve", burst(10, 0.0), args=lambda number: (1.0,))
    run = run_of(world)

    assert [run.latency(q).value for q in (0.1, 0.5, 0.9, 0.99, 1.0)] == [1.0, 5.0, 9.0, 10.0, 10.0]
    assert world.totals.quantile(0.9) == 9.0
    assert world.totals.count == {"reply": 10}


def test_a_loop_that_is_not_free_is_late_with_its_sign_of_life():
    world = World()
    desk = world.make("Desk")
    world.open_loop(None, "ping", evenly(rate=10, until=2.0))
    world.invoke(0.55, desk, "hold_up", 0.7)
    run = run_of(world)

    assert run.heartbeat_gap == 0.65  # from the first sign of life that was due, at 0.6, until 1.25
    assert run.loop_blocked == 0.7


def test_a_free_loop_is_never_late():
    world = World()
    desk = world.make("Desk")
    world.open_loop(None, "ping", evenly(rate=10, until=2.0))
    world.invoke(0.55, desk, "serve", 0.7)

    assert run_of(world).heartbeat_gap == 0.0


# -- what they call


def test_a_plain_method_an_attribute_and_one_that_awaits_are_called_alike():
    world = World()
    desk = world.make("Desk", 3)
    answers = [
        world.invoke(0.0, desk, "serve", 1.0, "word"),
        world.invoke(2.0, desk, "count"),
        world.invoke(2.0, desk, "served"),
    ]
    drive(world, NAMES)

    assert [answer.value for answer in answers] == ["WORD", 1, 1]


def test_an_exception_is_an_answer_too():
    class Full(ConnectionRefusedError):
        pass

    class Broken:
        async def late(self):
            await asyncio.sleep(1)
            raise Full("no room")

        def at_once(self):
            return {}["key"]

        def unspeakable(self):
            return {1, 2}

    world = World()
    broken = world.make("Broken")
    late = world.invoke(0.0, broken, "late")
    at_once = world.invoke(0.0, broken, "at_once")
    unspeakable = world.invoke(0.0, broken, "unspeakable")
    missing = world.invoke(0.0, broken, "no_such_method")
    drive(world, {"Broken": Broken})

    assert (late.how, late.error, late.value, late.end) == ("error", "ConnectionRefusedError", "no room", 1.0)
    assert (at_once.error, at_once.value) == ("KeyError", "key")
    assert (unspeakable.error, unspeakable.value) == ("TypeError", "a value of type `set`")
    assert missing.error == "AttributeError"


def test_objects_know_each_other_and_services_functions_and_dice():
    class Front:
        def __init__(self, desk, store, rng, errors):
            self.desk, self.store, self.rng, self.errors = desk, store, rng, errors

        async def ask(self, key):
            try:
                return [await self.desk.serve(0.5, key), await self.store.get(key), self.rng.random()]
            except self.errors as error:
                return str(error)

    world = World()
    store = world.service("store", fail={"z": ConnectionError("down")})
    desk = world.make("Desk")
    front = world.make("Front", desk, store, random.Random(5), errors=(ConnectionError, TimeoutError))
    good, bad = (world.invoke(at, front, "ask", key) for at, key in ((0.0, "a"), (1.0, "z")))
    drive(world, {"Desk": Desk, "Front": Front})

    assert good.value[:2] == ["A", store.reply("a")]
    assert bad.value == "down"


def test_what_a_client_brings_arrives_as_it_would_in_a_call():
    class Mirror:
        def show(self, *args, **named):
            return [[repr(arg) for arg in args], named]

    world = World()
    request = world.invoke(
        0.0, world.make("Mirror"), "show", *with_named(((1, 2), ValueError("x"), TimeoutError), {"limit": 3})
    )
    drive(world, {"Mirror": Mirror})

    assert request.value == [["[1, 2]", "ValueError('x')", "<class 'TimeoutError'>"], {"limit": 3}]


def test_a_fixture_holds_what_cannot_cross_such_as_an_async_with():
    class Limiter:
        def __init__(self):
            self.places = asyncio.Semaphore(2)

        async def __aenter__(self):
            await self.places.acquire()

        async def __aexit__(self, *error):
            self.places.release()

    world = World()
    limiter, store = world.make("Limiter"), world.service("store", latency=1.0)
    answers = [world.invoke(0.0, None, "within", limiter, store.bound("get", number)) for number in range(5)]
    record = drive(world, {"Limiter": Limiter})

    assert record.peak("store").count == 2
    assert [answer.value for answer in answers] == [store.reply(number) for number in range(5)]
    assert record.elapsed == 3.0


def test_a_fixture_can_be_an_object_of_ours_beside_the_learners_code():
    class Crate:
        def __init__(self, size):
            self.queue = asyncio.Queue(size)

        def fill(self, items):
            for item in items:
                self.queue.put_nowait(item)

    async def empty(crate):
        return [await crate.queue.get() for _ in range(crate.queue.qsize())]

    fixture(Crate)
    try:
        world = World()
        crate = world.fixture("Crate", 3)
        world.invoke(0.0, crate, "fill", ["a", "b"])
        request = world.invoke(1.0, world.learners("empty"), "__call__", crate)
        drive(world, {"empty": empty})
    finally:
        del FIXTURES["Crate"]

    assert request.value == ["a", "b"]


# -- an exercise whose answer is a class


def check_desk(trial) -> None:
    desk = trial.make("Desk", 2)
    trial.arrivals(desk, "serve", [0.0, 0.0, 0.0], lambda number: (1.0,))
    run = trial.drive("Desk")
    run.goodput(within=1.0).equals(2 / 3, "serves two at once")


DESK = Exercise("desk", 1, 1, 1, 1, 1, (), ("", "", ""), check_desk, "00")


class StubbedInit:
    def __init__(self, at_once):
        raise NotImplementedError


class StubbedMethod:
    def __init__(self, at_once):
        self.at_once = at_once

    async def serve(self, seconds, word=""):
        raise NotImplementedError


class StubbedPlainMethod:
    def __init__(self, at_once):
        self.at_once = at_once

    def serve(self, seconds, word=""):
        raise NotImplementedError


class Counts:
    """It does not keep anybody apart."""

    def __init__(self, at_once):
        pass

    async def serve(self, seconds, word=""):
        await asyncio.sleep(seconds)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Desk, "right"),
        (Counts, "not_yet"),
        (StubbedInit, "not_attempted"),
        (StubbedMethod, "not_attempted"),
        (StubbedPlainMethod, "not_attempted"),
    ],
)
def test_the_verdict_on_a_class(answer, verdict):
    assert examine(DESK, {"Desk": answer}).verdict == verdict


def test_a_class_that_is_missing_has_not_been_attempted():
    assert examine(DESK, {}).verdict == "not_attempted"


def test_an_object_that_cannot_be_made_is_an_answer_that_raised():
    verdict = examine(DESK, {"Desk": lambda: None})

    assert verdict.verdict == "not_yet"
    assert isinstance(verdict.record, Record)
    assert "positional argument" in verdict.record.outcome.text
