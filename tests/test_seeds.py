"""What a learner's process sees of a seed, and what it can work out from that: nothing else."""

import itertools
import random

import pytest

from asynclab.choices import Choices
from asynclab.clients import Made
from asynclab.exercise import Exercise, examine
from asynclab.link import RNG, encode
from asynclab.player import LocalPlayer
from asynclab.seeds import dice_of, seed_of
from asynclab.trial import Trial
from asynclab.world import World

SECRET = 0x1234_5678_9ABC_DEF0_0FED_CBA9_8765_4321  # 125 bits


def drawn_by(seed):
    """All that the first worlds of a check draw, with this seed."""
    trials = [Trial(LocalPlayer({}), seed, number) for number in range(3)]
    return [
        [trial.vary(0, 1000), trial.names("user", 5, 50), trial.dice("a").random(), trial.world.seed]
        for trial in trials
    ]


def test_the_same_seed_draws_the_same():
    assert drawn_by(SECRET) == drawn_by(SECRET)
    assert dice_of(SECRET, "a").random() == dice_of(SECRET, "a").random()


@pytest.mark.parametrize("bit", [0, 31, 32, 63, 64, 127])
def test_every_bit_of_a_long_seed_counts(bit):
    for drawn, other in zip(drawn_by(SECRET), drawn_by(SECRET ^ (1 << bit)), strict=True):
        assert drawn[2:] != other[2:]


def test_a_verdict_can_be_reached_with_128_bits():
    def check(trial):
        run = trial.call("answer", trial.count(1, 9))
        run.value.equals(None, "returns nothing")

    async def answer(number):
        return None

    exercise = Exercise("answer", 1, 1, 1, 1, 1, (), ("", "", ""), check, "00")
    assert examine(exercise, {"answer": answer}, seed=2**128 - 1).verdict == "right"


def test_seeds_of_different_things_are_long_and_have_nothing_in_common():
    seeds = [Choices("7/1").seed(f"{number}") for number in range(1000)]
    shared = [bin(one ^ other).count("1") for one, other in itertools.pairwise(seeds)]

    assert len(set(seeds)) == 1000
    assert max(seeds).bit_length() == 128
    assert min(shared) > 30  # of 128 bits half differ, or chance has it that a few more are the same


def shuffled_by(seed):
    order = list(range(20))
    random.Random(seed).shuffle(order)
    return order


def test_the_order_seed_that_crosses_is_not_that_of_the_worlds_own_order():
    world = World(seed=SECRET, order_seed=11)
    crossed = world.settings()["order_seed"]
    service = world.service("store")
    for id in range(1, 21):
        world.handle([["call", id, 0, "store", "get", ["a"], "T1"]])
    completed = [number - 1 for number, *_ in world.handle([["idle", None]])[1]]

    assert service.name == "store"
    assert completed == shuffled_by(11)
    assert completed != shuffled_by(crossed)
    assert crossed == seed_of(11, "lanes")


def test_dice_that_cross_tell_nothing_of_what_the_same_dice_draw_next():
    ours = dice_of(SECRET, "ours")
    crossed = [encode(ours)[RNG] for _ in range(3)]
    again = dice_of(SECRET, "ours")

    assert len(set(crossed)) == 3
    assert not set(crossed) & {again.getrandbits(64) for _ in range(12)}
    assert not set(crossed) & {dice_of(SECRET, "ours").getrandbits(bits) for bits in (32, 64, 128)}


def test_the_settings_of_a_run_hold_neither_the_seed_nor_what_the_world_draws_with():
    trial = Trial(LocalPlayer({}), SECRET, 2)
    trial.world.make("Thing", trial.dice("a"))
    crossing = str(trial.world.settings())
    of_the_judge = (SECRET, trial.world.seed, trial.world.order_seed, trial.choices.seed("a"))

    assert isinstance(trial.world._made[0], Made)
    assert not any(str(secret) in crossing for secret in of_the_judge)
