"""A wrong answer is shown in the smallest world in which it fails; a right one has survived a search."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from asynclab.choices import Choices, smaller
from asynclab.exercise import CPU_TOLERANCE, SHRINKS, WORLDS, Exercise, examine
from asynclab.player import CPU_BUDGET, LocalPlayer
from asynclab.record import Record, Stopped
from asynclab.trial import Trial
from asynclab.world import World

# -- three made-up exercises: every key once, some key twice, one call that fails


def check_all(trial: Trial) -> None:
    keys = trial.names("user", 1, 9)
    store = trial.service("store", latency=trial.vary(0.1, 2.0))
    run = trial.call("answer", store, keys)
    run.value.equals([store.reply(key) for key in keys], "returns a value for each key")


def check_with_repeats(trial: Trial) -> None:
    users = trial.names("user", 2, 6)
    keys = [users[0] if number and trial.count(0, 1) else user for number, user in enumerate(users)]
    store = trial.service("store", latency=trial.vary(0.1, 2.0))
    run = trial.call("answer", store, keys)
    run.value.equals([store.reply(key) for key in keys], "returns a value for each key")


def check_with_a_failure(trial: Trial) -> None:
    keys = trial.names("user", 1, 6)
    failing = keys[trial.count(0, len(keys) - 1)] if trial.count(0, 1) else None
    store = trial.service("store", latency=trial.vary(0.1, 2.0), fail={str(failing): ConnectionError("down")})
    run = trial.call("answer", store, keys)
    values = [None if key == failing else store.reply(key) for key in keys]
    run.value.equals(values, "returns None for a call that failed")


def check_ends(trial: Trial) -> None:
    keys = trial.names("user", 1, 9)
    store = trial.service("store", latency=trial.vary(0.1, 2.0))
    trial.call("answer", store, keys).calls(store).equals(len(keys), "asks for each key once")


async def right(store, keys):
    async def get(key):
        try:
            return await store.get(key)
        except ConnectionError:
            return None

    return await asyncio.gather(*map(get, keys))


async def three_at_most(store, keys):
    return await right(store, keys[:3])


async def each_once(store, keys):
    return list({key: await store.get(key) for key in keys}.values())


async def minds_the_second(store, keys):
    values = await right(store, keys)
    return [0 if number == 1 and value is None else value for number, value in enumerate(values)]


async def waits_for_the_fourth(store, keys):
    if len(keys) >= 4:
        await asyncio.Event().wait()
    return await right(store, keys)


async def blocks_and_hangs(store, keys):
    one, two = threading.Lock(), threading.Lock()

    def first():
        with one, two:
            pass

    def second():
        with two, one:
            pass

    await asyncio.gather(asyncio.to_thread(first), asyncio.to_thread(second))
    return await right(store, keys)


class Counting(LocalPlayer):
    """Plays in this process and remembers in how many worlds."""

    def __init__(self, answer):
        super().__init__({"answer": answer})
        self.worlds: list[World] = []

    def play(self, world: World, name: str, args: Sequence[Any], how: Any) -> Record:
        self.worlds.append(world)
        return super().play(world, name, args, how)


def exercise_of(check) -> Exercise:
    return Exercise("answer", 1, 1, 1, 1, 1, (), ("", "", ""), check, "00")


def verdict_on(check, answer, seed=0):
    return examine(exercise_of(check), {"answer": answer}, seed=seed)


SEEDS = range(8)


# -- shown


@pytest.mark.parametrize("seed", SEEDS)
def test_an_answer_that_fails_from_four_keys_on_is_shown_with_four(seed):
    verdict = verdict_on(check_all, three_at_most, seed)

    assert verdict.requirements[0].message.startswith("returned 3 values, where 4 values were expected")
    assert verdict.sentence == "3 calls, at most 3 in flight, finished after 0.1 s."
    assert verdict.scene == ("The smallest world in which it fails: 4 users; store answers after 0.1 s.")


@pytest.mark.parametrize("seed", SEEDS)
def test_one_that_fails_for_what_comes_twice_is_shown_that_alone(seed):
    verdict = verdict_on(check_with_repeats, each_once, seed)
    key = verdict.record.calls()[0].label

    assert verdict.requirements[0].message == "returned 1 value, where 2 values were expected"
    assert verdict.scene == (
        f"The smallest world in which it fails: 2 users; store answers after 0.1 s; {key!r} comes twice."
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_one_that_fails_when_the_second_call_fails_is_shown_two_calls(seed):
    verdict = verdict_on(check_with_a_failure, minds_the_second, seed)

    assert verdict.requirements[0].message == (
        "returned the wrong values: 0 stands second, None was expected there"
    )
    assert verdict.scene == (
        "The smallest world in which it fails: 2 users; store answers after 0.1 s; "
        "the second call fails at 0.1 s."
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_one_that_waits_for_ever_from_four_keys_on_too(seed):
    verdict = verdict_on(check_ends, waits_for_the_fourth, seed)

    assert verdict.verdict == "stopped"
    assert isinstance(verdict.record.outcome, Stopped)
    assert "4 users" in verdict.scene


def test_one_that_only_another_order_brings_down_is_shown_with_a_word_about_it():
    verdict = verdict_on(check_ends, blocks_and_hangs)

    assert verdict.verdict == "stopped"
    assert verdict.scene == (
        "The smallest world in which it fails: 1 user; store answers after 0.1 s; "
        "what falls on one instant comes in another order."
    )


def test_an_order_that_does_not_matter_is_not_mentioned():
    scenes = [verdict_on(check_all, three_at_most, seed).scene for seed in SEEDS]
    assert not any("order" in scene for scene in scenes)


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        (check_all, three_at_most),
        (check_with_repeats, each_once),
        (check_with_a_failure, minds_the_second),
        (check_ends, waits_for_the_fourth),
        (check_ends, blocks_and_hangs),
        (check_all, right),
    ],
)
def test_the_same_seed_gives_the_same_verdict_to_the_byte(check, answer):
    first, again = verdict_on(check, answer, 5), verdict_on(check, answer, 5)

    assert first == again
    assert first.text() == again.text()


# -- searched


@pytest.mark.parametrize("check", [check_all, check_with_repeats, check_with_a_failure, check_ends])
def test_a_right_answer_has_survived_all_worlds(check):
    player = Counting(right)
    assert examine(exercise_of(check), {}, player=player).verdict == "right"
    assert len(player.worlds) == WORLDS


def test_the_worlds_are_different_and_the_first_is_the_smallest():
    player = Counting(right)
    examine(exercise_of(check_all), {}, player=player)
    scenes = [(len(world.record().calls()), world.record().elapsed) for world in player.worlds]

    assert scenes[0] == (1, 0.1)
    assert len(set(scenes)) > WORLDS // 2
    assert {world.order_seed is None for world in player.worlds} == {True, False}


@pytest.mark.parametrize(
    ("check", "answer"),
    [(check_all, three_at_most), (check_with_repeats, each_once), (check_ends, blocks_and_hangs)],
)
def test_the_search_has_a_budget(check, answer):
    player = Counting(answer)
    began = time.process_time()
    examine(exercise_of(check), {}, player=player)

    assert time.process_time() - began < CPU_TOLERANCE * CPU_BUDGET
    assert len(player.worlds) <= WORLDS + SHRINKS


def test_a_slow_check_tries_fewer_worlds():
    async def slow(store, keys):
        end = time.process_time() + 0.1
        while time.process_time() < end:  # the real clock of the CPU, which no world replaces
            pass
        return []

    player = Counting(slow)
    began = time.process_time()
    examine(exercise_of(check_all), {}, player=player)

    assert time.process_time() - began < CPU_TOLERANCE * CPU_BUDGET
    assert 2 < len(player.worlds) < WORLDS


# -- choices


def test_choices_are_recorded_and_replayed():
    drawn = Choices("seed")
    first = [drawn.whole(3, 9), drawn.whole(0, 100), drawn.in_most("worlds")]
    again = Choices("seed", drawn.drawn)

    assert [again.whole(3, 9), again.whole(0, 100), again.in_most("worlds")] == first


def test_a_replay_takes_what_still_fits_and_is_small_after_that():
    replay = Choices("seed", [50, 50], smallest=True)
    assert [replay.whole(0, 3), replay.whole(0, 99), replay.whole(7, 9)] == [3, 50, 7]


def test_simpler_choices_are_simpler_in_every_part():
    assert list(smaller([0, 0])) == []
    assert next(smaller([5, 3])) == [0, 0]
    for drawn in ([5, 3], [1], [0, 4, 0, 9]):
        for simpler in smaller(drawn):
            assert len(simpler) <= len(drawn)
            assert sum(simpler) < sum(drawn)
