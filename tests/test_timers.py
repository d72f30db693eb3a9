"""Timers on the world's clock: exact instants, and an order within one instant."""

import asyncio
import math

import pytest

from asynclab.play import play
from asynclab.record import Raised, Returned, Stopped
from asynclab.runner import Limits
from asynclab.timers import Timers
from asynclab.world import World


async def wake_order(count):
    order = []

    async def sleeper(number):
        await asyncio.sleep(0.01)
        order.append(number)

    await asyncio.gather(*map(sleeper, range(count)))
    return order


def test_what_is_due_at_one_instant_runs_in_the_order_in_which_it_came_as_on_a_real_clock():
    assert play(World(), wake_order, 9).outcome == Returned(list(range(9)))
    assert asyncio.run(wake_order(9)) == list(range(9))


def test_a_cancelled_timer_moves_no_clock_and_frees_its_instant():
    loop, timers = asyncio.new_event_loop(), Timers()
    first, second, third = (asyncio.TimerHandle(0, print, (), loop) for _ in range(3))
    timers.add(5, first)
    timers.add(5, second)
    timers.add(7, third)
    second.cancel()
    assert timers.next_instant() == 5
    first.cancel()
    assert timers.next_instant() == 7
    assert timers.take_due(6) == []
    assert timers.take_due(7) == [third]
    assert timers.next_instant() is None
    loop.close()


async def sleep_for(seconds):
    await asyncio.sleep(seconds)
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("seconds", [1e-9, 0.1, 3599.999_999_999])
def test_a_sleep_ends_at_its_nanosecond(seconds):
    assert play(World(), sleep_for, seconds).outcome == Returned(seconds)


async def call_in_the_past():
    loop = asyncio.get_running_loop()
    called = loop.create_future()
    loop.call_at(-5, called.set_result, "at once")
    return await called


def test_a_timer_of_the_past_is_due_now():
    record = play(World(), call_in_the_past)
    assert (record.elapsed, record.outcome) == (0.0, Returned("at once"))


async def sleep_next_to_nothing():
    while True:
        await asyncio.sleep(1e-12)


def test_sleeping_for_less_than_a_nanosecond_again_and_again_is_a_busy_loop():
    outcome = play(World(), sleep_next_to_nothing, limits=Limits(turns=1000)).outcome
    assert isinstance(outcome, Stopped)
    assert outcome.why == "busy loop"


def test_sleeping_for_ever_ends_at_the_horizon_and_for_nan_not_at_all():
    def slept(seconds):
        async def run():
            await asyncio.sleep(seconds)

        return play(World(), run).outcome

    assert isinstance(slept(math.inf), Stopped)
    assert slept(math.inf).why == "horizon"
    assert isinstance(slept(math.nan), Raised)
    assert slept(math.nan).type == "ValueError"
