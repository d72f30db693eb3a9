"""Cores, the GIL and pools: exact times, and the same ends as a machine that is stepped ns by ns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_programs import examples

from asynclab.play import play
from asynclab.record import Record, Returned
from asynclab.resources import Pool, Processor
from asynclab.service import Service
from asynclab.world import World

# -- a processor on its own: lane numbers are the order of submission, process 0 is the event loop's


def ends_of(cores: int, *work: tuple[str, int, int]) -> list[int]:
    """When each (kind, process, ns) ends, all submitted at 0 as lanes 1, 2, 3 ..."""
    processor = Processor(cores)
    for lane, (kind, process, ns) in enumerate(work, start=1):
        processor.start(lane, kind, process, ns, now=0)
    return list(run_dry(processor).values())


def run_dry(processor: Processor) -> dict[int, int]:
    ends: dict[int, int] = {}
    while (end := processor.next_end()) is not None:
        ends.update(dict.fromkeys(processor.ended(end), end))
    return dict(sorted(ends.items()))


def test_alone_a_computation_takes_its_work():
    assert ends_of(1, ("python", 0, 100)) == [100]


def test_threads_that_hold_the_gil_share_one_core_however_many_there_are():
    assert ends_of(8, ("python", 0, 100), ("python", 0, 100)) == [200, 200]
    assert ends_of(8, ("python", 0, 50), ("python", 0, 100)) == [100, 150]


def test_native_work_needs_no_gil_but_a_core():
    assert ends_of(2, ("native", 0, 100), ("native", 0, 100)) == [100, 100]
    assert ends_of(1, ("native", 0, 100), ("native", 0, 100)) == [100, 200]
    assert ends_of(2, ("python", 0, 100), ("native", 0, 100)) == [100, 100]


def test_processes_have_a_gil_each():
    assert ends_of(2, ("python", 1, 100), ("python", 2, 100)) == [100, 100]


def test_whole_cores_are_given_out_in_the_order_of_submission():
    assert ends_of(2, ("python", 1, 100), ("python", 2, 100), ("python", 3, 50)) == [100, 100, 150]


def test_the_loops_own_thread_comes_first():
    processor = Processor(1)
    processor.start(lane=5, kind="native", process=0, work_ns=100, now=0)
    processor.start(lane=0, kind="native", process=0, work_ns=100, now=50)
    assert run_dry(processor) == {0: 150, 5: 200}


def test_one_that_comes_later_slows_down_what_is_left():
    processor = Processor(4)
    processor.start(lane=1, kind="python", process=0, work_ns=100, now=0)
    processor.start(lane=2, kind="python", process=0, work_ns=100, now=60)
    assert run_dry(processor) == {1: 140, 2: 200}


def test_no_work_takes_no_time_and_a_part_of_a_nanosecond_counts_as_one():
    assert ends_of(1, ("python", 0, 0)) == [0]
    assert ends_of(1, ("python", 0, 1), ("python", 0, 1), ("python", 0, 2)) == [3, 3, 4]


class SteppedProcessor:
    """The same machine, a nanosecond at a time: each core goes to the next in line that can use it."""

    def __init__(self, cores: int) -> None:
        self.cores = cores
        self.left: dict[int, Fraction] = {}
        self.what: dict[int, tuple[str, int]] = {}
        self.ends: dict[int, int] = {}

    def start(self, lane: int, kind: str, process: int, ns: int) -> None:
        self.left[lane], self.what[lane] = Fraction(ns), (kind, process)

    def take_off(self, now: int) -> None:
        for lane in [lane for lane, left in self.left.items() if left <= 0]:
            del self.left[lane]
            self.ends[lane] = now

    def step(self) -> None:
        cores = self.cores
        with_core: set[int] = set()
        for lane in sorted(self.left):
            if lane in with_core or not cores:
                continue
            with_core |= {other for other in self.left if self.share_a_gil(lane, other)} | {lane}
            cores -= 1
        for lane in with_core:
            self.left[lane] -= Fraction(1, sum(self.share_a_gil(lane, other) for other in self.left) or 1)

    def share_a_gil(self, one: int, other: int) -> bool:
        return self.what[one] == self.what[other] and self.what[one][0] == "python"


submissions = st.lists(
    st.tuples(
        st.integers(0, 30),  # when
        st.sampled_from(["python", "native"]),
        st.integers(0, 2),  # process
        st.integers(0, 25),  # work
    ),
    max_size=7,
).map(sorted)


@examples(200)
@given(cores=st.integers(1, 3), work=submissions, loop_first=st.booleans())
def test_every_end_is_that_of_a_machine_stepped_by_the_nanosecond(cores, work, loop_first):
    lanes = range(0 if loop_first else 1, len(work) + 1)
    jobs = list(zip(lanes, work, strict=False))

    stepped = SteppedProcessor(cores)
    now = 0
    while len(stepped.ends) < len(jobs):
        stepped.take_off(now)
        for lane, (at, kind, process, ns) in jobs:
            if at == now:
                stepped.start(lane, kind, process, ns)
        stepped.take_off(now)
        stepped.step()
        now += 1

    processor = Processor(cores)
    ends: dict[int, int] = {}

    def until(instant: int) -> None:
        while (end := processor.next_end()) is not None and end <= instant:
            ends.update(dict.fromkeys(processor.ended(end), end))

    for lane, (at, kind, process, ns) in jobs:
        until(at)
        processor.start(lane, kind, process, ns, now=at)
    until(10_000)

    assert ends == stepped.ends


# -- workers


def test_a_pool_makes_a_worker_only_when_none_is_idle_and_no_more_than_its_size():
    pool = Pool("thread", size=2)

    assert [pool.take(1), pool.take(2), pool.take(3)] == ["new", "new", "wait"]
    assert pool.release() == 3
    assert [pool.release(), pool.release()] == [None, None]
    assert [pool.take(4), pool.workers] == ["idle", 2]


# -- the same in a world, with the learner's code in threads and processes


def compute(world: World, form: str, latency: float = 0.2) -> Service:
    return world.service("model", methods={"__call__": ["batch"]}, latency=latency, form=form)


async def in_threads(call: Callable[[int], object], count: int) -> None:
    await asyncio.gather(*(asyncio.to_thread(call, number) for number in range(count)))


async def in_processes(call: Callable[[int], object], count: int, workers: int) -> None:
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(workers) as executor:
        await asyncio.gather(*(loop.run_in_executor(executor, call, number) for number in range(count)))


def answered(record: Record) -> list[tuple[int, float]]:
    """(argument, end) of every call, in the order in which the calls were made."""
    return [(call.args[0], call.end or 0.0) for call in record.calls()]


def workers(record: Record) -> list[tuple[float, str, float]]:
    """When the record says a worker was made, of which kind, and the megabytes that it takes."""
    return [(event[0] / 1e9, event[2], event[3]) for event in record.of("worker")]


@pytest.mark.parametrize(
    ("form", "cores", "elapsed"),
    [
        ("python", 4, 0.8),
        ("python", 1, 0.8),
        ("native", 4, 0.2),
        ("native", 3, 0.4),
        ("native", 1, 0.8),
        ("sleep", 1, 0.2),
    ],
)
def test_four_threads(form, cores, elapsed):
    world = World(cores=cores)
    assert play(world, in_threads, compute(world, form), 4).elapsed == elapsed


def test_process_jobs_have_whole_cores_in_the_order_of_submission():
    world = World(cores=2, process_start=0.0)
    record = play(world, in_processes, compute(world, "python"), 5, 5)

    assert answered(record) == [(0, 0.2), (1, 0.2), (2, 0.4), (3, 0.4), (4, 0.6)]


def test_a_thread_that_computes_with_the_gil_slows_down_the_loops_own_python():
    async def both(call):
        other = asyncio.create_task(asyncio.to_thread(call, "thread"))
        await asyncio.sleep(0.1)
        call("loop")
        await other

    world = World()
    record = play(world, both, compute(world, "python"))

    assert answered(record) == [("thread", 0.3), ("loop", 0.4)]
    assert record.loop_blocked == 0.3


def test_the_start_of_a_worker_is_paid_once():
    world = World(cores=4, process_start=0.5)
    record = play(world, in_processes, compute(world, "python"), 3, 1)

    assert [end for _, end in answered(record)] == [0.7, 0.9, 1.1]
    assert workers(record) == [(0.0, "process", 30.0)]


def test_threads_have_a_start_cost_and_memory_too():
    async def pool():
        with ThreadPoolExecutor(2) as executor:
            loop = asyncio.get_running_loop()
            await asyncio.gather(*(loop.run_in_executor(executor, time.sleep, 1.0) for _ in range(4)))

    record = play(World(thread_start=0.25, thread_memory=8.0), pool)

    assert record.elapsed == 2.25
    assert workers(record) == [(0.0, "thread", 8.0), (0.0, "thread", 8.0)]


def test_an_idle_worker_is_taken_again():
    async def one_after_the_other():
        for _ in range(3):
            await asyncio.to_thread(time.sleep, 0.1)

    record = play(World(thread_start=1.0), one_after_the_other)

    assert record.elapsed == 1.3
    assert len(workers(record)) == 1


def test_the_default_executor_has_four_more_workers_than_there_are_cores():
    async def many():
        await asyncio.gather(*(asyncio.to_thread(time.sleep, 1.0) for _ in range(13)))

    assert play(World(cores=2), many).elapsed == 3.0


def test_each_executor_has_workers_of_its_own():
    async def two_pools():
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
            await asyncio.gather(*(loop.run_in_executor(each, time.sleep, 1.0) for each in (one, other)))

    assert play(World(), two_pools).elapsed == 1.0


def test_a_new_executor_at_the_address_of_an_old_one_has_none_of_its_workers():
    async def one_after_the_other(call):
        for _ in range(5):
            await in_processes(call, 1, 1)

    world = World(process_start=0.5)
    record = play(world, one_after_the_other, compute(world, "python"))

    assert record.elapsed == 3.5
    assert len(workers(record)) == 5


def test_a_job_in_line_that_is_cancelled_never_runs():
    async def impatient(call):
        with ThreadPoolExecutor(1) as executor:
            first = executor.submit(call, 1)
            second = executor.submit(call, 2)
            await asyncio.sleep(0.1)
            cancelled = second.cancel()
            await asyncio.wrap_future(first)
            return cancelled

    world = World()
    record = play(world, impatient, compute(world, "sleep"))

    assert record.outcome == Returned(True)
    assert answered(record) == [(1, 0.2)]


def test_jobs_are_in_the_record_as_tasks_that_ran():
    async def two(call):
        with ThreadPoolExecutor(1) as executor:
            loop = asyncio.get_running_loop()
            await asyncio.gather(*(loop.run_in_executor(executor, call, number) for number in range(2)))

    world = World()
    first, second = play(world, two, compute(world, "sleep")).tasks

    assert (first.name, first.how, first.start_ns, first.end_ns) == ("model", "returned", 0, 200_000_000)
    assert (second.start_ns, second.running[0][0], second.end_ns) == (0, 200_000_000, 400_000_000)


def test_a_computation_of_a_process_job_has_no_part_of_the_loops_gil():
    async def mixed(call):
        await asyncio.gather(in_threads(call, 2), in_processes(call, 1, 1))

    world = World(cores=2, process_start=0.0)
    record = play(world, mixed, compute(world, "python"))

    assert sorted(end for _, end in answered(record)) == [0.2, 0.4, 0.4]
