"""Ctrl-C, or the kernel's stop button, while a check runs: the run ends, and says so."""

import select
import signal
import threading

import pytest

from asynclab.play import play
from asynclab.record import Stopped
from asynclab.world import World


@pytest.fixture
def interrupted_soon():
    """Ctrl-C, 0.2 s from now."""
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    yield
    timer.cancel()


async def computes():
    while True:
        pass


async def waits_on_the_real_clock():
    while True:
        select.select([], [], [], 0.01)


@pytest.mark.parametrize("answer", [computes, waits_on_the_real_clock])
def test_an_interrupted_run_says_so_and_leaves_no_thread_behind(interrupted_soon, answer):
    outcome = play(World(), answer).outcome

    assert isinstance(outcome, Stopped)
    assert (outcome.why, outcome.text) == ("interrupted", "you interrupted it")
    for thread in threading.enumerate():
        if thread.name == "asynclab run":
            thread.join(1)
            assert not thread.is_alive()
