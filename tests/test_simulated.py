"""A demo on the simulated clock."""

import asyncio
import time

import pytest

from asynclab.simulated import simulated


async def wait(seconds):
    began = time.monotonic()
    await asyncio.sleep(seconds)
    return time.monotonic() - began


def test_it_gives_what_the_function_gives_after_exactly_so_long_on_its_clock():
    assert simulated(wait, 900.5) == 900.5


def test_it_runs_where_a_loop_runs_already():
    async def cell():
        return simulated(wait, 2)

    assert asyncio.run(cell()) == 2.0


def test_one_that_never_ends_is_told_with_the_line_where_it_waits():
    async def forgotten():
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match=r"the simulated run of forgotten .*Event\.wait"):
        simulated(forgotten)


def test_an_error_in_it_is_told():
    async def fails():
        raise ValueError("row 7")

    with pytest.raises(RuntimeError, match=r"ValueError.*row 7"):
        simulated(fails)
