"""Threads, locks and executors on the world's clock: real threads, one at a time, exact times."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import queue
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from datetime import datetime
from threading import Lock as EarlyLock
from time import sleep as early_sleep

import pytest

from asynclab.play import play
from asynclab.record import Raised, Record, Returned, Stopped
from asynclab.world import World


def value_of(record: Record) -> object:
    assert isinstance(record.outcome, Returned), record.outcome
    return record.outcome.value


def work_asleep() -> float:
    time.sleep(0.3)
    return time.monotonic()


def test_sleeping_threads_overlap():
    async def three():
        return await asyncio.gather(*(asyncio.to_thread(work_asleep) for _ in range(3)))

    record = play(World(), three)

    assert value_of(record) == [0.3, 0.3, 0.3]
    assert record.loop_blocked == 0


def test_threads_that_compute_in_python_share_the_gil_and_native_ones_do_not():
    async def gather(call):
        await asyncio.gather(*(asyncio.to_thread(call, number) for number in range(3)))

    for form, elapsed in (("python", 0.6), ("native", 0.2), ("sleep", 0.2)):
        world = World(cores=4)
        call = world.service("model", methods={"__call__": ["batch"]}, latency=0.2, form=form)
        assert play(world, gather, call).elapsed == elapsed, form


def test_native_threads_beyond_the_cores_wait_for_one():
    async def gather(call):
        await asyncio.gather(*(asyncio.to_thread(call, number) for number in range(4)))

    world = World(cores=2)
    call = world.service("model", methods={"__call__": ["batch"]}, latency=0.2, form="native")
    assert play(world, gather, call).elapsed == 0.4


def test_a_blocking_call_in_a_coroutine_blocks_the_loop_until_its_result_is_there():
    async def on_the_loop(call):
        other = asyncio.create_task(asyncio.sleep(0.1))
        value = call("x")
        await other
        return value

    world = World()
    call = world.service("model", methods={"__call__": ["batch"]}, latency=0.2, form="native")
    record = play(world, on_the_loop, call)

    assert value_of(record) == call.reply("x")
    assert record.loop_blocked == 0.2
    assert "call(" in record.blocks[0].line


def test_process_jobs_get_whole_cores_and_pay_for_the_start():
    async def pool(call):
        loop = asyncio.get_running_loop()
        with ProcessPoolExecutor(4) as executor:
            return await asyncio.gather(*(loop.run_in_executor(executor, call, n) for n in range(8)))

    world = World(cores=4, process_start=0.05)
    call = world.service("tokenize", methods={"__call__": ["text"]}, latency=0.2, form="python")
    record = play(world, pool, call)

    assert value_of(record) == [call.reply(n) for n in range(8)]
    assert record.elapsed == 0.45
    assert len(list(record.of("worker"))) == 4


def test_max_workers_is_honoured():
    async def two_at_a_time():
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(2) as executor:
            await asyncio.gather(*(loop.run_in_executor(executor, time.sleep, 1.0) for _ in range(8)))

    assert play(World(), two_at_a_time).elapsed == 4.0


def test_leaving_an_executor_waits_and_blocks_the_loop_meanwhile():
    async def leave():
        with ThreadPoolExecutor(1) as executor:
            executor.submit(time.sleep, 0.5)

    record = play(World(), leave)

    assert record.elapsed == 0.5
    assert record.loop_blocked == 0.5


def test_what_cannot_be_pickled_fails_in_its_future():
    async def unpicklable():
        with ProcessPoolExecutor(1) as executor:
            await asyncio.get_running_loop().run_in_executor(executor, lambda: 1)

    outcome = play(World(), unpicklable).outcome

    assert isinstance(outcome, Raised)
    assert "pickle" in outcome.text.lower()


def grow(items: list[int]) -> int:
    items.append(1)
    return len(items)


def test_a_process_has_a_copy():
    async def in_a_process():
        items: list[int] = []
        with ProcessPoolExecutor(1) as executor:
            grown = await asyncio.get_running_loop().run_in_executor(executor, grow, items)
        return [grown, len(items)]

    assert value_of(play(World(), in_a_process)) == [1, 0]


def test_a_multiprocessing_pool_is_one_more_door_and_blocks():
    async def pool_map(call):
        with multiprocessing.Pool(4) as pool:
            return pool.map(call, range(4))

    world = World(cores=4, process_start=0.0)
    call = world.service("tokenize", methods={"__call__": ["text"]}, latency=0.2, form="python")
    record = play(world, pool_map, call)

    assert value_of(record) == [call.reply(n) for n in range(4)]
    assert record.elapsed == record.loop_blocked == 0.2


def test_a_thread_started_by_hand_runs_and_is_joined():
    async def by_hand():
        seen = []
        threads = [
            threading.Thread(target=lambda: (time.sleep(0.4), seen.append(time.monotonic()))) for _ in "ab"
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [seen, [thread.is_alive() for thread in threads]]

    record = play(World(), by_hand)

    assert value_of(record) == [[0.4, 0.4], [False, False]]
    assert record.loop_blocked == 0.4


def test_a_lock_lets_one_thread_in_at_a_time():
    async def three():
        lock = threading.Lock()

        def job():
            with lock:
                time.sleep(0.2)
            return time.monotonic()

        return await asyncio.gather(*(asyncio.to_thread(job) for _ in range(3)))

    assert value_of(play(World(), three)) == [0.2, 0.4, 0.6]


def test_a_condition_an_event_and_a_queue_between_threads():
    async def through_a_queue():
        items: queue.Queue[int] = queue.Queue(2)
        ready = threading.Event()

        def produce():
            ready.wait()
            for number in range(5):
                time.sleep(0.1)
                items.put(number)

        def consume():
            ready.set()
            got = []
            for _ in range(5):
                got.append(items.get())
                time.sleep(0.3)
            return [got, time.monotonic()]

        return (await asyncio.gather(asyncio.to_thread(consume), asyncio.to_thread(produce)))[0]

    assert value_of(play(World(), through_a_queue)) == [[0, 1, 2, 3, 4], 1.6]


def test_a_wait_with_a_timeout_ends_in_time():
    async def impatient():
        return await asyncio.to_thread(lambda: [threading.Event().wait(0.7), time.monotonic()])

    assert value_of(play(World(), impatient)) == [False, 0.7]


def test_what_a_thread_settles_does_not_wake_the_loop():
    async def main(heartbeat):
        loop = asyncio.get_running_loop()
        settled = loop.create_future()

        def settle():
            time.sleep(1.0)
            settled.set_result("settled")

        threading.Thread(target=settle).start()
        beat = loop.call_later(heartbeat, int)
        await settled
        beat.cancel()
        return time.monotonic()

    assert play(World(), main, 2.5).outcome.value == 2.5  # the next event, as in life
    assert play(World(), main, 0.5).outcome.why == "deadlock"  # the last event came too early


def test_a_deadlock_of_a_loop_that_nobody_woke_says_who_did_not():
    async def main():
        queue = asyncio.Queue()

        def put():
            time.sleep(1.0)
            queue.put_nowait("item")

        threading.Thread(target=put).start()
        await queue.get()

    ended = play(World(), main).outcome
    assert ended.why == "deadlock"
    assert "does not wake it: only `loop.call_soon_threadsafe` does" in ended.text
    assert '`queue.put_nowait("item")`' in ended.text
    assert ended.line.startswith("`main` waits in `Queue.get`")


def test_a_timer_that_a_thread_sets_does_not_wake_the_loop_either():
    async def main():
        loop, called = asyncio.get_running_loop(), []

        def set_a_timer():
            loop.call_later(1.0, lambda: called.append(time.monotonic()))

        threading.Thread(target=set_a_timer).start()
        await asyncio.sleep(3.0)
        await asyncio.sleep(0)
        return called

    assert play(World(), main).outcome.value == [3.0]


def test_a_loop_in_a_thread_is_woken_from_the_main_one_in_the_same_way():
    async def main(threadsafe):
        inner = {}

        async def wait():
            inner["loop"], inner["told"] = asyncio.get_running_loop(), asyncio.Event()
            await inner["told"].wait()
            return time.monotonic()

        waiting = asyncio.create_task(asyncio.to_thread(asyncio.run, wait()))
        await asyncio.sleep(1.0)
        call = inner["loop"].call_soon_threadsafe if threadsafe else inner["loop"].call_soon
        call(inner["told"].set)
        return await waiting

    assert play(World(), main, True).outcome.value == 1.0
    assert play(World(), main, False).outcome.why == "deadlock"


def test_an_order_repeats_whatever_threads_this_process_has_seen_before():
    """`asyncio.run` asks for the current thread, which takes a lock when nobody has asked in it before."""

    async def part():
        await asyncio.sleep(0.1)
        threading.current_thread()

    async def main():
        await asyncio.gather(*(asyncio.to_thread(asyncio.run, part()) for _ in range(3)))

    seeds = range(3)
    first = [play(World(order_seed=seed), main).events for seed in seeds]
    for _ in range(5):
        assert [play(World(order_seed=seed), main).events for seed in seeds] == first


def test_call_soon_threadsafe_reaches_the_loop_at_its_instant():
    async def told_by_a_thread():
        loop, told = asyncio.get_running_loop(), asyncio.Event()

        def tell():
            time.sleep(0.4)
            loop.call_soon_threadsafe(told.set)
            time.sleep(0.6)

        job = asyncio.create_task(asyncio.to_thread(tell))
        await told.wait()
        at = loop.time()
        await job
        return [at, loop.time()]

    assert value_of(play(World(), told_by_a_thread)) == [0.4, 1.0]


def test_a_thread_can_run_a_coroutine_in_the_loop_and_wait_for_it():
    async def from_a_thread(store):
        loop = asyncio.get_running_loop()
        return await asyncio.to_thread(
            lambda: asyncio.run_coroutine_threadsafe(store.get("a"), loop).result()
        )

    world = World()
    store = world.service("store", latency=0.3)
    assert value_of(play(world, from_a_thread, store)) == store.reply("a")


def test_waiting_in_the_loop_for_the_loop_is_a_deadlock_that_is_named():
    async def wait_for_itself(store):
        loop = asyncio.get_running_loop()
        return asyncio.run_coroutine_threadsafe(store.get("a"), loop).result()

    world = World()
    outcome = play(world, wait_for_itself, world.service("store")).outcome

    assert isinstance(outcome, Stopped)
    assert outcome.why == "deadlock"
    assert "run_coroutine_threadsafe" in outcome.line


def test_asyncio_run_in_a_thread_has_a_loop_on_the_same_clock():
    async def nested(store):
        async def both():
            return [await asyncio.gather(store.get("a"), store.get("b")), asyncio.get_running_loop().time()]

        return await asyncio.to_thread(lambda: asyncio.run(both()))

    world = World()
    store = world.service("store", latency=0.5)
    assert value_of(play(world, nested, store)) == [[store.reply("a"), store.reply("b")], 0.5]


def test_a_plain_function_can_wait_for_asyncio_run_in_a_thread():
    async def bridge(store):
        def plain():
            with ThreadPoolExecutor(1) as executor:
                return executor.submit(asyncio.run, store.get("a")).result()

        return plain()

    world = World()
    store = world.service("store", latency=0.5)
    record = play(world, bridge, store)

    assert value_of(record) == store.reply("a")
    assert record.loop_blocked == 0.5


def test_a_loop_made_in_one_thread_can_be_run_by_another():
    async def beside(store):
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            return asyncio.run_coroutine_threadsafe(store.get("a"), loop).result()
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    for order_seed in (None, 1, 2, 3):
        world = World(order_seed=order_seed)
        store = world.service("store", latency=0.5)
        record = play(world, beside, store)
        assert (value_of(record), record.elapsed) == (store.reply("a"), 0.5)


def test_a_loop_that_is_kept_runs_in_the_next_world_too():
    loops = []

    async def again(store):
        if not loops:
            loops.append(asyncio.new_event_loop())
        return await asyncio.to_thread(lambda: loops[0].run_until_complete(store.get("a")))

    for _ in range(2):
        world = World()
        store = world.service("store", latency=0.5)
        assert value_of(play(world, again, store)) == store.reply("a")
    loops[0].close()


def test_concurrent_futures_wait_and_map():
    async def plain_futures():
        def job():
            with ThreadPoolExecutor(4) as executor:
                done, _ = wait([executor.submit(time.sleep, s) for s in (0.1, 0.3)])
                list(executor.map(time.sleep, [0.2, 0.2]))
            return [len(done), time.monotonic()]

        return await asyncio.to_thread(job)

    assert value_of(play(World(), plain_futures)) == [2, 0.5]


def test_a_blocked_loop_learns_later_what_a_thread_did():
    async def blocked():
        job = asyncio.create_task(asyncio.to_thread(work_asleep))
        await asyncio.sleep(0)
        time.sleep(1.0)
        return [await job, time.monotonic()]

    assert value_of(play(World(), blocked)) == [0.3, 1.0]


def test_the_order_of_locks_can_deadlock_and_both_places_are_named():
    async def both_ways():
        one, two = threading.Lock(), threading.Lock()

        def first():
            with one:
                time.sleep(0.1)
                with two:
                    pass

        def second():
            with two:
                time.sleep(0.1)
                with one:
                    pass

        await asyncio.gather(asyncio.to_thread(first), asyncio.to_thread(second))

    outcome = play(World(), both_ways).outcome

    assert isinstance(outcome, Stopped)
    assert outcome.why == "deadlock"
    assert "`first` waits" in outcome.line
    assert "`second` waits" in outcome.line


def test_a_thread_that_computes_for_ever_is_stopped_at_its_line():
    async def spin():
        def job():
            while True:
                pass

        await asyncio.to_thread(job)

    outcome = play(World(), spin).outcome

    assert isinstance(outcome, Stopped)
    assert outcome.why == "cpu"
    assert "while True" in outcome.line or "pass" in outcome.line


def test_a_loop_that_computes_for_ever_after_a_thread_is_stopped_at_its_line():
    async def spin():
        await asyncio.to_thread(int)
        while True:
            pass

    outcome = play(World(), spin).outcome

    assert isinstance(outcome, Stopped)
    assert (outcome.why, outcome.text) == ("cpu", "it computed for 1 s without coming to an end")
    assert "while True" in outcome.line or "pass" in outcome.line


def test_names_bound_before_the_run_are_on_the_worlds_clock_too():
    async def early():
        lock = EarlyLock()

        def job():
            with lock:
                early_sleep(0.5)

        await asyncio.gather(asyncio.to_thread(job), asyncio.to_thread(job))
        return datetime.now().timestamp() - time.time()

    record = play(World(), early)

    assert value_of(record) == pytest.approx(0.0, abs=1e-5)
    assert record.elapsed == 1.0
    assert early_sleep is time.sleep


def test_the_wall_clock_can_be_set_while_monotonic_runs_on():
    async def two_clocks():
        before = [time.time(), time.monotonic()]
        await asyncio.sleep(10)
        return [time.time() - before[0], time.monotonic() - before[1]]

    assert value_of(play(World(wall_steps=[(5.0, 3600.0)]), two_clocks)) == [3610.0, 10.0]


def test_the_number_of_cores_is_the_worlds():
    async def count():
        return os.cpu_count()

    assert value_of(play(World(cores=3), count)) == 3


@pytest.mark.parametrize(
    ("use", "instead"),
    [
        (lambda: __import__("socket").socket(), "service that you were given"),
        (lambda: __import__("subprocess").run(["true"]), "ProcessPoolExecutor"),
        (lambda: __import__("signal").signal(2, lambda *_: None), "asyncio.Event"),
        (lambda: multiprocessing.Process(target=print).start(), "ProcessPoolExecutor"),
    ],
)
def test_what_cannot_be_virtual_is_refused_with_what_to_use_instead(use, instead):
    async def refused():
        use()

    outcome = play(World(), refused).outcome

    assert isinstance(outcome, Raised)
    assert outcome.type == "RuntimeError"
    assert instead in outcome.text


def test_afterwards_python_has_its_own_threads_again():
    async def nothing():
        return None

    before = threading.Lock, threading.Condition.wait, ThreadPoolExecutor.submit, multiprocessing.Pool
    play(World(), nothing)

    assert before == (
        threading.Lock,
        threading.Condition.wait,
        ThreadPoolExecutor.submit,
        multiprocessing.Pool,
    )
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(lambda: 3).result() == 3
