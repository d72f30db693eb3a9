"""Clocks by thread: the module `time` is the world's where a run is on, and real everywhere else."""

import asyncio
import threading
import time

import pytest

from asynclab.lanes import clock_of_this_thread, on_clock, virtual_time
from asynclab.scheduler import WALL_CLOCK_START

NAMES = ("sleep", "monotonic", "perf_counter", "time", "monotonic_ns", "perf_counter_ns", "time_ns")


class HandClock:
    """A clock that only moves when somebody sleeps on it."""

    def __init__(self, seconds=0.0):
        self.seconds = seconds

    def time(self):
        return self.seconds

    def wall_time(self):
        return WALL_CLOCK_START + self.seconds

    def block(self, why, seconds):
        self.seconds += seconds


def functions():
    return [getattr(time, name) for name in NAMES]


def test_sleep_moves_the_clock_of_the_thread_and_nothing_else():
    clock = HandClock()

    with virtual_time, on_clock(clock):
        time.sleep(3600)

    assert clock.seconds == 3600.0


def test_every_way_to_read_the_time_reads_the_clock_of_the_thread():
    with virtual_time, on_clock(HandClock(1.5)):
        readings = [getattr(time, name)() for name in NAMES if name != "sleep"]

    assert readings == [
        1.5,
        1.5,
        WALL_CLOCK_START + 1.5,
        1_500_000_000,
        1_500_000_000,
        int(WALL_CLOCK_START + 1.5) * 1_000_000_000 + 500_000_000,
    ]


def test_a_negative_sleep_is_refused_as_python_refuses_it():
    with virtual_time, on_clock(HandClock()), pytest.raises(ValueError, match="must be non-negative"):
        time.sleep(-1)


def test_a_thread_without_a_clock_reads_the_real_time_while_a_run_is_on():
    seen = []

    def other():
        seen.extend([clock_of_this_thread(), time.monotonic(), time.time()])

    with virtual_time, on_clock(HandClock(-1e9)):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    assert seen[0] is None
    assert seen[1] > 0
    assert seen[2] > WALL_CLOCK_START


def test_two_threads_live_on_two_clocks_at_once():
    clocks = [HandClock(), HandClock()]
    together = threading.Barrier(2)

    def live(clock, seconds):
        with virtual_time, on_clock(clock):
            together.wait()
            time.sleep(seconds)
            together.wait()

    threads = [threading.Thread(target=live, args=pair) for pair in zip(clocks, (1.0, 2.0), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [clock.seconds for clock in clocks] == [1.0, 2.0]


def test_the_real_functions_are_back_after_the_last_run_not_after_the_first():
    real = functions()

    with virtual_time:
        with virtual_time:
            pass
        assert time.sleep is not real[0]

    assert functions() == real


def test_the_real_functions_are_back_after_an_exception():
    real = functions()

    with pytest.raises(KeyboardInterrupt), virtual_time, on_clock(HandClock()):
        raise KeyboardInterrupt

    assert functions() == real
    assert clock_of_this_thread() is None


def test_what_is_replaced_in_time_or_asyncio_during_a_run_is_put_back():
    before = (time.sleep, asyncio.sleep, asyncio.tasks.sleep, asyncio.Queue)

    with virtual_time:
        time.sleep = asyncio.sleep = asyncio.tasks.sleep = asyncio.Queue = None

    assert (time.sleep, asyncio.sleep, asyncio.tasks.sleep, asyncio.Queue) == before


def test_what_was_replaced_before_the_run_is_there_after_it(monkeypatch):
    def quick(seconds):
        """A notebook's own."""

    monkeypatch.setattr(time, "sleep", quick)

    with virtual_time:
        pass

    assert time.sleep is quick


def test_asyncio_has_no_set_of_its_own_after_the_run():
    with virtual_time:
        pass

    assert "set" not in vars(asyncio.tasks)


def test_a_run_that_deletes_our_patches_leaves_no_trace_either():
    with virtual_time:
        del asyncio.tasks.set

    assert "set" not in vars(asyncio.tasks)


def test_a_replaced_function_goes_by_its_own_name():
    with virtual_time:
        assert [function.__name__ for function in functions()] == list(NAMES)
