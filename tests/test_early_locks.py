"""Locks made before the run: in a notebook they are made in one cell and used by a check in another."""

from __future__ import annotations

import asyncio
import queue
import threading
import time

import pytest

from asynclab.play import play
from asynclab.record import Returned, Stopped
from asynclab.world import World

LOCK = threading.Lock()
RLOCK = threading.RLock()
CONDITION = threading.Condition()
CONDITION_ON_LOCK = threading.Condition(threading.Lock())
SEMAPHORE = threading.Semaphore(1)
QUEUE: queue.Queue[int] = queue.Queue()
EVENT = threading.Event()


class Counter:
    lock_of_all = threading.Lock()

    def __init__(self):
        self.lock = threading.Lock()


COUNTER = Counter()

LOCKS = {
    "lock": lambda: LOCK,
    "rlock": lambda: RLOCK,
    "condition": lambda: CONDITION,
    "condition on a lock": lambda: CONDITION_ON_LOCK,
    "semaphore": lambda: SEMAPHORE,
    "attribute of an object": lambda: COUNTER.lock,
    "attribute of a class": lambda: Counter.lock_of_all,
}


@pytest.mark.parametrize("order_seed", [None, 1, 2, 3])
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_made_before_the_run_keeps_threads_apart_in_it(name, order_seed):
    async def three():
        def hold():
            with LOCKS[name]():
                time.sleep(0.1)

        await asyncio.gather(*(asyncio.to_thread(hold) for _ in range(3)))

    assert play(World(order_seed=order_seed), three).elapsed == 0.3


def test_a_condition_made_before_the_run_can_be_waited_for():
    async def wait_and_notify():
        def wait():
            with CONDITION:
                CONDITION.wait()
                time.sleep(0.1)

        def notify():
            time.sleep(0.1)
            with CONDITION:
                CONDITION.notify_all()
                time.sleep(0.1)

        await asyncio.gather(*map(asyncio.to_thread, (wait, wait, notify)))

    assert play(World(), wait_and_notify).elapsed == 0.4


def test_so_can_queues_and_events():
    async def both():
        def put():
            time.sleep(0.1)
            QUEUE.put(7)
            EVENT.set()

        return (await asyncio.gather(*map(asyncio.to_thread, (QUEUE.get, EVENT.wait, put))))[:2]

    record = play(World(), both)

    assert record.outcome == Returned([7, True])
    assert record.elapsed == 0.1


def test_one_run_that_leaves_it_locked_does_not_hold_up_the_next():
    async def take():
        LOCK.acquire()

    assert play(World(), take).outcome == play(World(), take).outcome == Returned(None)
    assert not LOCK.locked()


def test_one_that_is_locked_before_the_run_is_locked_in_it():
    async def take():
        LOCK.acquire()

    with LOCK:
        outcome = play(World(), take).outcome

    assert isinstance(outcome, Stopped)
    assert outcome.why == "deadlock"


def test_afterwards_they_are_pythons_own_again():
    async def nothing():
        return type(LOCK).__name__

    before = LOCK, RLOCK, vars(CONDITION).copy(), vars(COUNTER).copy(), Counter.lock_of_all
    inside = play(World(), nothing).outcome

    assert inside == Returned("VirtualLock")
    assert before == (LOCK, RLOCK, vars(CONDITION), vars(COUNTER), Counter.lock_of_all)
