"""What a run leaves behind is collected when the run says, never when the process happens to."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from asynclab import garbage
from asynclab.play import play
from asynclab.record import Record, Returned
from asynclab.world import World


class Cycle:
    """It holds itself, so that only the collector ends it."""

    def __init__(self, ended):
        self.itself = self
        self.ended = ended

    def __del__(self):
        self.ended.append(True)


def played(function) -> Record:
    return play(World(), function)


def test_the_collector_does_not_come_by_itself_in_a_run():
    async def waste():
        ended = []
        Cycle(ended)
        for _ in range(100_000):
            [[]].append([])
        return [gc.isenabled(), ended]

    assert played(waste).outcome == Returned([False, []])
    assert gc.isenabled()


def test_a_learners_own_collection_is_theirs():
    async def collects():
        ended = []
        Cycle(ended)
        gc.collect()
        return ended

    assert played(collects).outcome == Returned([True])


def test_what_a_run_forgot_is_not_heard_of_in_the_next():
    async def forget():
        async def never():
            pass

        cycle = [never()]
        cycle.append(cycle)

    async def collects():
        gc.collect()

    played(forget)
    assert played(collects).noise == ()


def test_what_a_watched_loop_forgot_is_not_heard_of_in_a_run_beside_it():
    ended = []

    async def collects():
        gc.collect()

    with garbage.what_is_old_left_alone:
        Cycle(ended)
        played(collects)
        assert ended == []
        gc.collect()
        assert ended == []
    gc.collect()
    assert ended == [True]


def test_what_is_new_is_collected_while_the_old_is_left_alone():
    old, new = [], []
    Cycle(old)
    with garbage.what_is_old_left_alone:
        Cycle(new)
        gc.collect()
        assert (old, new) == ([], [True])
    gc.collect()
    assert old == [True]


def test_a_long_run_collects_now_and_then(monkeypatch):
    monkeypatch.setattr(garbage, "EVERY", 100)

    async def long():
        ended = []
        for _ in range(250):
            Cycle(ended)
            await asyncio.sleep(1)
        return len(ended)

    assert played(long).outcome == Returned(200)


@pytest.mark.parametrize("enabled", [True, False])
def test_afterwards_it_comes_as_before(enabled):
    async def nothing():
        pass

    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        threads = [threading.Thread(target=played, args=(nothing,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_what_many_runs_leave_is_collected_in_time(monkeypatch):
    monkeypatch.setattr(garbage, "RUNS", 10)
    ended = []

    async def nothing():
        pass

    for _ in range(30):
        Cycle(ended)
        played(nothing)
    assert len(ended) >= 20
