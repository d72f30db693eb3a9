"""Services: how long they take, how they fail, whom they refuse, and what crosses to them and back."""

from __future__ import annotations

import asyncio
import math
import random
import time

import pytest

from asynclab.link import Uncrossable, decode, encode
from asynclab.play import play
from asynclab.record import Call, Raised, Record, Returned
from asynclab.service import Quota
from asynclab.world import World


def value_of(record: Record) -> object:
    assert isinstance(record.outcome, Returned), record.outcome
    return record.outcome.value


async def get_all(store, keys):
    """Each value, or the name of the exception and its text."""

    async def get(key):
        try:
            return await store.get(key)
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    return await asyncio.gather(*map(get, keys))


async def get_every(store, seconds, count):
    """One call each so many seconds, not waiting for the one before."""
    calls = []
    for number in range(count):
        calls.append(asyncio.create_task(store.get(number)))
        await asyncio.sleep(seconds)
    ends = await asyncio.gather(*calls, return_exceptions=True)
    return [type(end).__name__ if isinstance(end, Exception) else "answered" for end in ends]


def ends(calls: tuple[Call, ...]) -> list[float | None]:
    return [call.end for call in calls]


# -- how long


def test_a_latency_can_be_one_for_each_key_or_drawn_for_each_question():
    world = World(seed=4)
    by_key = world.service("by key", latency={"a": 0.5, "b": 1.0})
    by_size = world.service("by size", latency=lambda dice, rows: 0.1 * len(rows))
    drawn = world.service("drawn", latency=lambda dice, key: dice.uniform(1, 2))

    record = play(world, get_all, by_key, ["b", "a"])
    assert value_of(record) == [by_key.reply("b"), by_key.reply("a")]
    assert ends(record.calls()) == [1.0, 0.5]
    assert by_size.latency_of("abc") == pytest.approx(0.3)
    assert drawn.latency_of("a") != drawn.latency_of("b")
    assert drawn.latency_of("a", attempt=1) != drawn.latency_of("a", attempt=2)


def test_the_dice_depend_on_what_is_asked_not_on_when():
    def drawn(keys: str) -> dict[str, float]:
        world = World(seed=4)
        store = world.service("store", latency=lambda dice, key: dice.uniform(1, 2))
        return {call.label: call.end for call in play(world, get_all, store, list(keys)).calls()}

    assert drawn("abc") == drawn("cba")


@pytest.mark.parametrize(
    ("together", "took"),
    [(1, [1.0]), (2, [1.0, 1.0]), (3, [1.0, 1.0, 1.5]), (4, [1.0, 1.0, 1.5, 2.0])],
)
def test_beyond_its_knee_each_call_takes_longer_the_more_there_are(together, took):
    world = World()
    store = world.service("store", latency=1.0, knee=2)

    assert ends(play(world, get_all, store, list(range(together))).calls()) == took


def test_a_knee_can_move_with_time():
    async def twice(store):
        await get_all(store, [1, 2])
        await get_all(store, [3, 4])

    world = World()
    store = world.service("store", latency=1.0, knee=lambda at: 2 if at < 1.0 else 1)

    assert ends(play(world, twice, store).calls()) == [1.0, 1.0, 2.0, 3.0]


def test_what_waits_in_line_for_a_service_is_in_flight_and_starts_when_another_ends():
    world = World()
    store = world.service("store", latency=1.0, capacity=2)
    record = play(world, get_all, store, list(range(5)))

    assert ends(record.calls()) == [1.0, 1.0, 2.0, 2.0, 3.0]
    assert record.peak(store.name).count == 5


def test_one_that_is_cancelled_in_line_leaves_it_and_one_that_is_served_makes_room():
    async def impatient(store):
        calls = [asyncio.create_task(store.get(number)) for number in range(4)]
        await asyncio.sleep(0.5)
        calls[1].cancel()  # it waits
        await asyncio.sleep(0.1)
        calls[0].cancel()  # it is being served
        await asyncio.wait(calls)

    world = World()
    record = play(world, impatient, world.service("store", latency=1.0, capacity=1))

    assert [(call.how, call.end) for call in record.calls()] == [
        ("cancel", 0.6),
        ("cancel", 0.5),
        ("reply", 1.6),
        ("reply", 2.6),
    ]


def test_a_method_that_takes_no_time():
    async def both(cache):
        await cache.put("a", 1)
        return [asyncio.get_running_loop().time(), await cache.get("a")]

    world = World()
    cache = world.service(
        "cache", methods={"get": ["key"], "put": ["key", "value"]}, latency=1.0, instant=["put"]
    )

    assert value_of(play(world, both, cache))[0] == 0.0


# -- how it fails


def test_a_failure_takes_as_long_as_an_answer():
    world = World()
    store = world.service("store", latency=0.5, fail={"b": ConnectionError("down")})
    record = play(world, get_all, store, ["a", "b"])

    assert value_of(record) == [store.reply("a"), "ConnectionError: down"]
    assert ends(record.calls()) == [0.5, 0.5]


def test_attempts_are_counted_for_each_question():
    async def until_it_works(store, key):
        for attempt in range(1, 5):
            try:
                return [attempt, await store.get(key)]
            except TimeoutError:
                pass
        return None

    world = World()
    store = world.service("store", fail=lambda key, attempt: TimeoutError() if attempt < 3 else None)

    async def two(store):
        return await asyncio.gather(until_it_works(store, "a"), until_it_works(store, "b"))

    assert value_of(play(world, two, store)) == [[3, store.reply("a")], [3, store.reply("b")]]


def test_keys_that_it_does_not_know():
    world = World()
    store = world.service("store", keys=("a",))

    assert value_of(play(world, get_all, store, ["a", "z"]))[1] == "KeyError: \"store has no 'z'\""


def test_in_an_outage_whatever_would_be_answered_fails():
    world = World()
    store = world.service("store", latency=0.5, outages=[(1.0, 2.0)])
    record = play(world, get_every, store, 0.25, 8)

    assert value_of(record) == [
        "answered",  # asked at 0.0, answered at 0.5
        "answered",
        "ConnectionError",  # it would have come at the very beginning of the outage
        "ConnectionError",
        "ConnectionError",
        "ConnectionError",
        "answered",  # the outage is over at 2.0
        "answered",
    ]


def test_a_quota_refuses_at_once_and_earns_room_with_time():
    world = World()
    store = world.service("store", latency=0.1, quota=Quota(rate=2.0, burst=2))
    record = play(world, get_every, store, 0.25, 7)

    assert value_of(record) == [
        "answered",  # from the burst, as is the next
        "answered",
        "answered",  # half a second has earned one
        "RuntimeError",
        "answered",
        "RuntimeError",
        "answered",
    ]
    refused = next(call for call in record.calls() if call.how == "error")
    assert (refused.start, refused.end, refused.value) == (0.75, 0.75, "429 Too Many Requests")


def test_a_quota_is_never_more_than_the_burst():
    async def after_a_rest(store):
        await asyncio.sleep(100)
        return await get_all(store, list(range(4)))

    world = World()
    store = world.service("store", quota=Quota(rate=10.0, burst=3))

    calls = play(world, after_a_rest, store).calls()

    assert sorted(call.how for call in calls) == ["error", "reply", "reply", "reply"]


# -- sources and sinks


async def move(source, sink, limit):
    """At most `limit` items at once on their way from the source to the sink."""
    slots = asyncio.Semaphore(limit)

    async def put(item):
        await sink.put(item)
        slots.release()

    async with asyncio.TaskGroup() as group:
        await slots.acquire()
        async for item in source:
            group.create_task(put(item))
            await slots.acquire()


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_items_are_alive_from_the_source_to_the_sink(limit):
    world = World()
    source, sink = world.source("source", list(range(6)), latency=0.1), world.sink("sink", latency=1.0)
    record = play(world, move, source, sink, limit)

    assert record.alive("source", "sink").count == min(limit, 6)
    assert [call.args for call in record.calls("sink")] == [(number,) for number in range(6)]


def test_after_the_last_item_a_source_says_so_whenever_it_is_asked():
    async def read(source):
        first = [item async for item in source]
        again = [item async for item in source]
        try:
            await source.get()
        except StopAsyncIteration:
            return [first, again]

    world = World()
    assert value_of(play(world, read, world.source("source", ["a", "b"]))) == [["a", "b"], []]


def test_two_readers_of_a_source_get_an_item_each():
    async def two(source):
        return sorted(await asyncio.gather(source.get(), source.get()))

    world = World()
    assert value_of(play(world, two, world.source("source", [1, 2]))) == [1, 2]


def test_a_source_in_a_blocking_form_is_read_with_for():
    async def read(source):
        return [list(source), time.monotonic()]

    world = World()
    source = world.source("source", [1, 2], latency=0.5, form="sleep")
    record = play(world, read, source)

    assert value_of(record) == [[1, 2], 1.5]
    assert record.loop_blocked == 1.5


def test_what_is_no_source_cannot_be_iterated():
    async def read(store):
        return [item async for item in store]

    world = World()
    outcome = play(world, read, world.service("store")).outcome

    assert isinstance(outcome, Raised)
    assert (outcome.type, outcome.text) == ("TypeError", "store cannot be read with `async for`")


# -- a clock that is set


def test_wall_time_jumps_back_and_forth_and_nothing_else_notices():
    async def watch():
        seen = []
        for _ in range(4):
            seen.append([round(time.time() - 1_700_000_000, 6), time.monotonic()])
            await asyncio.sleep(1)
        return seen

    record = play(World(wall_steps=[(0.5, -3600.0), (2.5, 7200.0)]), watch)

    assert value_of(record) == [[0.0, 0.0], [-3599.0, 1.0], [-3598.0, 2.0], [3603.0, 3.0]]


def test_a_deadline_by_the_wall_clock_is_late_by_a_step_of_it():
    async def bad_deadline():
        end = time.time() + 1.0
        while time.time() < end:
            await asyncio.sleep(0.1)

    assert play(World(), bad_deadline).elapsed == 1.0
    assert play(World(wall_steps=[(0.5, -60.0)]), bad_deadline).elapsed == 61.0


# -- what crosses


async def echo(store, value):
    return await store.get(value)


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        (None, None),
        (True, True),
        (2**70, 2**70),
        (-0.5, -0.5),
        ("é\n\u2028", "é\n\u2028"),
        ((1, (2, 3)), [1, [2, 3]]),
        ({"a": [1]}, {"a": [1]}),
        ({1: "x", None: "y", (1, 2): "z"}, {1: "x", None: "y", (1, 2): "z"}),
        ({"$service": 1}, {"$service": 1}),
        ([], []),
    ],
)
def test_values_arrive_as_they_were_and_a_tuple_as_a_list(sent, arrives):
    world = World()
    store = world.service("store", reply=lambda dice, value: decode(value))

    assert decode(value_of(play(world, echo, store, sent))) == arrives
    assert decode(encode(sent)) == arrives


def test_neither_side_can_change_what_the_other_has():
    async def change(store, items):
        items.append("changed")
        got = await store.get(items)
        items.append("again")
        return got

    given = ["given"]
    world = World()
    store = world.service("store", reply=lambda dice, value: value)

    assert value_of(play(world, change, store, given)) == ["given", "changed"]
    assert given == ["given"]


class Overdrawn(ConnectionRefusedError):
    """A learner's own exception."""


@pytest.mark.parametrize(
    ("error", "arrives"),
    [
        (ValueError("too big"), ValueError("too big")),
        (KeyError("a"), KeyError("a")),
        (TimeoutError(), TimeoutError()),
        (Overdrawn("by 3"), ConnectionRefusedError("by 3")),
        (asyncio.CancelledError(), asyncio.CancelledError()),
        (UnicodeError("no"), ValueError("no")),
    ],
)
def test_an_exception_arrives_as_the_builtin_that_it_stands_for(error, arrives):
    crossed = decode(encode(error))

    assert (type(crossed), crossed.args) == (type(arrives), arrives.args)


def test_classes_of_exceptions_can_be_caught_on_the_other_side():
    async def retry(store, errors):
        try:
            return await store.get("a")
        except errors as error:
            return f"caught {type(error).__name__}"

    for errors in (ConnectionError, (TimeoutError, OSError)):
        world = World()
        store = world.service("store", fail=ConnectionResetError("gone"))
        assert value_of(play(world, retry, store, errors)) == "caught ConnectionResetError"


def test_dice_arrive_as_dice_that_repeat():
    async def roll(rng):
        return [rng.random(), rng.randint(1, 6)]

    rolls = [value_of(play(World(), roll, random.Random(7))) for _ in range(2)]

    assert rolls[0] == rolls[1]
    assert rolls[0] != value_of(play(World(), roll, random.Random(8)))


def test_functions_of_services_arrive_as_functions_with_their_first_arguments_given():
    async def call_all(calls):
        return await asyncio.gather(*(call() for call in calls))

    world = World()
    store = world.service("store", methods={"get": ["key"]})
    calls = [store.bound("get", key) for key in "ab"]

    assert value_of(play(world, call_all, calls)) == [store.reply("a"), store.reply("b")]


def test_a_service_can_answer_with_a_service():
    async def connect(pool):
        connection = await pool.acquire()
        return await connection.get("a")

    world = World()
    store = world.service("store")
    pool = world.service("pool", methods={"acquire": []}, reply=lambda dice: store)

    assert value_of(play(world, connect, pool)) == store.reply("a")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({1, 2}, "a value of type `set`"),
        (math.nan, "nan, which is no number one can compare with"),
        (object(), "a value of type `object`"),
        (len, "a value of type `builtin_function_or_method`"),
        (10**5000, "a whole number of"),
        (b"bytes", "a value of type `bytes`"),
    ],
    ids=["set", "nan", "object", "function", "huge", "bytes"],
)
def test_anything_else_is_refused_with_what_it_is(value, says):
    with pytest.raises(Uncrossable) as refused:
        encode(["fine", value])
    assert str(refused.value).startswith(says)


def test_what_a_learner_sends_is_refused_where_it_is_sent():
    async def send(store):
        await store.get({1, 2})

    world = World()
    outcome = play(world, send, world.service("store")).outcome

    assert isinstance(outcome, Raised)
    assert (outcome.type, outcome.text) == ("TypeError", "`store.get` was given a value of type `set`")
    assert world.record().calls() == ()


def test_a_method_is_called_like_any_other_and_says_what_is_wrong():
    async def wrong(store):
        await store.get()

    async def other(store):
        await store.fetch("a")

    async def by_name(store):
        return await store.get(key="a")

    world = World()
    store = world.service("store")
    assert value_of(play(world, by_name, store)) == store.reply("a")
    for function, text in (
        (wrong, "`store.get(key)` was called as ()"),
        (other, "store has no method `fetch`; it has `get(key)`"),
    ):
        world = World()
        outcome = play(world, function, world.service("store")).outcome
        assert isinstance(outcome, Raised)
        assert outcome.text == text


# -- several methods


async def use_both(store):
    values = [await store.get("a"), await store.head("a"), await store.get("a")]
    return values, time.monotonic()


def test_methods_of_one_service_draw_their_replies_and_count_their_attempts_apart():
    seen = []

    def fail(key, attempt):
        seen.append(attempt)

    world = World()
    store = world.service("store", methods={"get": ["key"], "head": ["key"]}, fail=fail)
    (first, other, again), _ = play(world, use_both, store).outcome.value

    assert first == again == store.reply("a") == store.reply("a", method="get")
    assert other == store.reply("a", method="head")
    assert other != first
    assert seen == [1, 1, 2]


def test_methods_of_one_service_draw_their_latencies_apart():
    world = World()
    store = world.service(
        "store", methods={"get": ["key"], "head": ["key"]}, latency=lambda dice, key: dice.random()
    )
    times = [store.latency_of("a"), store.latency_of("a", method="head"), store.latency_of("a", attempt=2)]

    assert play(world, use_both, store).outcome.value[1] == pytest.approx(sum(times))
    assert len(set(times)) == 3
