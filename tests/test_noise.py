"""What asyncio complains about is the run's own, whenever the garbage collector comes by."""

import gc
import warnings

import pytest

from asynclab.play import play
from asynclab.world import World


class Knot:
    """Refers to itself, so that only the garbage collector can free it and what it holds."""

    def __init__(self, held):
        self.itself = self
        self.held = held


async def never_awaited():
    pass


async def collects():
    gc.collect()


async def forgets(objects_made_later):
    Knot(never_awaited())
    return len([[] for _ in range(objects_made_later)])


def test_garbage_from_before_the_run_does_not_complain_in_its_name():
    gc.collect()
    Knot(never_awaited())
    assert play(World(), collects).noise == ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@pytest.mark.parametrize("objects_made_later", [0, 100_000])
def test_a_forgotten_coroutine_complains_however_much_garbage_was_collected(objects_made_later):
    record = play(World(), forgets, objects_made_later)
    assert record.noise == ("the coroutine `never_awaited` was never awaited",)


def test_the_collector_gets_back_all_that_it_had():
    frozen = gc.get_freeze_count()
    play(World(), forgets, 0)
    assert gc.get_freeze_count() <= frozen
