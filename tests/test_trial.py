"""The scene of a check: what is drawn, what repeats, and what the learner's code is run with."""

import asyncio
from itertools import pairwise

import pytest

from asynclab.player import LocalPlayer
from asynclab.record import Record, Returned, Stopped
from asynclab.trial import Trial
from asynclab.verdict import judge


class Nobody:
    """A player for scenes that are only looked at."""

    def play(self, world, name, args, how):
        return Record(((0, "return", None),))


def scene(number=1, seed=0):
    return Trial(Nobody(), seed, number)


# -- what is drawn


def drawn(trial):
    return (
        trial.vary(0.5, 2.0),
        trial.count(2, 9),
        trial.names("user", 3, 9),
        trial.latencies(4, 0.5, 2.0),
        trial.service("store").reply("a"),
    )


def test_the_same_seed_and_number_give_the_same_scene():
    assert drawn(scene(3, seed=7)) == drawn(scene(3, seed=7))


@pytest.mark.parametrize("other", [scene(4, seed=7), scene(3, seed=8)], ids=["number", "seed"])
def test_another_seed_or_number_gives_another_scene(other):
    assert all(one != another for one, another in zip(drawn(scene(3, seed=7)), drawn(other), strict=True))


def test_the_scene_of_number_zero_is_the_smallest():
    smallest = scene(0)

    assert (smallest.count(2, 9), len(smallest.names("user", 3, 9))) == (2, 3)


def test_numbers_are_in_their_range_and_have_two_decimals():
    values = [scene(number).vary(0.5, 0.6) for number in range(50)]

    assert all(0.5 <= value <= 0.6 and value == round(value, 2) for value in values)
    assert len(set(values)) > 5


def test_names_are_different_and_carry_their_prefix():
    names = scene().names("user", 9, 9)

    assert len(set(names)) == 9
    assert all(name.startswith("user-") for name in names)


@pytest.mark.parametrize("number", range(20))
def test_latencies_are_well_apart_and_the_first_is_neither_shortest_nor_longest(number):
    latencies = scene(number).latencies(4, 0.5, 2.0)

    ordered = sorted(latencies)
    assert all(later - sooner > 0.049 for sooner, later in pairwise(ordered))
    assert ordered[0] < latencies[0] < ordered[-1]


def test_one_latency_and_two_can_be_drawn_as_well():
    assert len(scene().latencies(1, 0.5, 2.0)) == 1
    first, second = scene().latencies(2, 0.5, 2.0)
    assert first > second


def test_another_scene_of_the_same_check_has_no_services_and_other_replies():
    trial = scene()
    before = trial.service("store").reply("a")
    trial.new_scene()

    assert trial.service("store").reply("a") != before


def test_a_replay_of_the_choices_is_the_same_scene():
    trial = scene(5)
    everything = drawn(trial)

    assert drawn(Trial(Nobody(), 0, 5, trial.choices.drawn)) == everything


def test_hidden_worlds_differ_so_that_a_value_seen_in_practice_is_not_the_answer():
    def reply(seed):
        trial = scene(0, seed)
        return trial.service("store", latency=0.1).reply("temperature")

    assert len({reply(seed) for seed in range(10)}) == 10


# -- runs


def played(function, run, number=1):
    trial = Trial(LocalPlayer({"answer": function}), 0, number)
    run(trial)
    return trial


def test_call_awaits_the_function_of_that_name():
    async def answer(store, key):
        return await store.get(key)

    trial = Trial(LocalPlayer({"answer": answer}))
    store = trial.service("store")

    assert trial.call("answer", store, "a").record.outcome == Returned(store.reply("a"))


def test_iterate_reads_the_async_generator():
    async def answer():
        yield 1
        yield 2

    trial = played(answer, lambda trial: trial.iterate("answer"))

    assert trial.runs[0].items.is_([1, 2])


def test_compute_calls_a_plain_function():
    trial = played(lambda: 5, lambda trial: trial.compute("answer"))

    assert trial.runs[0].value.is_(5)


def test_named_arguments_arrive_by_their_names():
    async def answer(first, *, limit):
        return [first, limit]

    trial = played(answer, lambda trial: trial.call("answer", 1, limit=2))

    assert trial.runs[0].value.is_([1, 2])


def test_a_scene_is_played_once():
    async def answer():
        """Anything."""

    def twice(trial):
        trial.call("answer")
        trial.call("answer")

    with pytest.raises(ValueError, match=r"call `trial.new_scene\(\)` before the next run"):
        played(answer, twice)


def test_after_a_run_that_was_stopped_nothing_is_run():
    begun = []

    async def answer():
        begun.append(1)
        await asyncio.Event().wait()

    def three_scenes(trial):
        for _ in range(3):
            trial.call("answer")
            trial.new_scene()

    trial = played(answer, three_scenes)

    assert begun == [1]
    assert [type(run.record.outcome) for run in trial.runs] == [Stopped] * 3


@pytest.mark.parametrize(
    ("thing", "outcome"),
    [
        (None, ("NotImplementedError", "There is no `answer` yet: run the cell that defines it; ")),
        (5, ("TypeError", "`answer` is a value of type `int`, not a function")),
        ("answer", ("TypeError", "`answer` is a value of type `str`, not a function")),
    ],
)
def test_what_is_no_function_is_a_run_that_never_was(thing, outcome):
    trial = played(thing, lambda trial: trial.call("answer"))

    raised = trial.runs[0].record.outcome
    assert (raised.type, raised.text[: len(outcome[1])]) == outcome


def test_a_name_that_is_near_is_offered():
    trial = Trial(LocalPlayer({"fetchall": len, "fetch": 3}), 0, 0)
    trial.call("fetch_all")

    assert "(there is a `fetchall`: was it renamed?)" in trial.runs[0].record.outcome.text


# -- schedules


def test_under_every_order_the_scene_is_the_same_and_the_order_is_not():
    orders, replies = set(), set()

    async def answer(store):
        done = []

        async def get(key):
            await store.get(key)
            done.append(key)

        await asyncio.gather(*map(get, "abcd"))
        return done

    trial = Trial(LocalPlayer({"answer": answer}), 0, 0)

    def once(trial):
        store = trial.service("store", latency=trial.vary(0.5, 1.0))
        replies.add((store.slowest, store.reply("a")))
        return trial.call("answer", store)

    for run in trial.under_every_order(once):
        orders.add(tuple(run.record.outcome.value))
        run.value.equals_in_any_order(list("abcd"), "gets all", gate=True)

    assert len(replies) == 1
    assert len(orders) > 1
    assert ("a", "b", "c", "d") in orders
    assert judge("answer", 1, 0, [trial]).verdict == "right"
