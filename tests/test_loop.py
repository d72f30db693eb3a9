"""An asyncio event loop on the world's clock: nothing here takes real time, and every time is exact."""

import asyncio
import gc

import pytest

from asynclab.loop import VirtualLoop
from asynclab.scheduler import RunEnded, Scheduler
from asynclab.world import World


@pytest.fixture
def world():
    return World(seed=1)


@pytest.fixture
def loop(world):
    scheduler = Scheduler(world.handle)
    loop = VirtualLoop(scheduler)
    scheduler.describe = loop.describe_tasks
    yield loop
    for task in asyncio.all_tasks(loop):
        task.cancel()
    scheduler.finish()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def run(loop, main):
    return loop.run_until_complete(main)


# -- time


def test_an_hour_is_slept_through_at_once(loop):
    run(loop, asyncio.sleep(3600))

    assert loop.time() == 3600.0


def test_ten_sleeps_of_a_tenth_of_a_second_end_at_exactly_one(loop):
    async def main():
        for _ in range(10):
            await asyncio.sleep(0.1)

    run(loop, main())

    assert loop.time() == 1.0


def test_a_thousand_sleeps_of_a_millisecond_end_at_exactly_one(loop):
    async def main():
        for _ in range(1000):
            await asyncio.sleep(0.001)

    run(loop, main())

    assert loop.time() == 1.0


def test_a_wait_for_less_than_a_nanosecond_takes_one(loop):
    async def wait_until(instant):
        while loop.time() < instant:
            await asyncio.sleep((instant - loop.time()) / 2)

    loop.run_until_complete(wait_until(1.0))
    assert loop.time() == 1.0


def test_a_timer_that_is_due_a_rounding_error_later_takes_a_nanosecond(loop):
    due, looked = 0.1 + 0.2, []  # 0.30000000000000004

    async def main():
        await asyncio.sleep(0.3)
        look()
        await asyncio.sleep(1.0)

    def look():
        looked.append(loop.time())
        if loop.time() < due and len(looked) < 9:
            loop.call_at(due, look)

    loop.run_until_complete(main())
    assert looked == [0.3, 0.300000001]


def test_the_time_stands_still_while_something_can_run(loop):
    async def main():
        for _ in range(1000):
            await asyncio.sleep(0)
        return loop.time()

    assert run(loop, main()) == 0.0


def test_sleepers_wake_in_the_order_of_their_times_and_at_one_instant_in_the_order_in_which_they_slept(loop):
    woken = []

    async def sleeper(name, seconds):
        await asyncio.sleep(seconds)
        woken.append((name, loop.time()))

    async def main():
        await asyncio.gather(sleeper("a", 0.3), sleeper("b", 0.1), sleeper("c", 0.2), sleeper("d", 0.1))

    run(loop, main())

    assert woken == [("b", 0.1), ("d", 0.1), ("c", 0.2), ("a", 0.3)]


def test_call_at_and_call_later_are_due_at_their_times(loop):
    called = []
    loop.call_later(0.2, lambda: called.append(("later", loop.time())))
    loop.call_at(0.1, lambda: called.append(("at", loop.time())))

    run(loop, asyncio.sleep(1))

    assert called == [("at", 0.1), ("later", 0.2)]


def test_a_cancelled_timer_does_not_move_the_clock(loop):
    loop.call_later(5, print).cancel()
    run(loop, asyncio.sleep(0.5))

    async def wait_for_nothing():
        await loop.create_future()

    with pytest.raises(RunEnded) as end:
        run(loop, wait_for_nothing())
    assert (end.value.why, loop.time()) == ("deadlock", 0.5)


def test_a_timeout_that_did_not_strike_does_not_move_the_clock(loop):
    async def main():
        async with asyncio.timeout(60):
            await asyncio.sleep(0.5)
        await asyncio.sleep(0.25)

    run(loop, main())

    assert loop.time() == 0.75


# -- services


def test_a_request_is_answered_after_the_latency(loop, world):
    store = world.service("store", latency=2.0)

    assert run(loop, loop.request("store", "get", ["a"])) == store.reply("a")
    assert loop.time() == 2.0


def test_a_failed_request_raises_the_builtin_error(loop, world):
    world.service("store", latency=2.0, fail=ConnectionError("store is down"))

    with pytest.raises(ConnectionError, match="store is down"):
        run(loop, loop.request("store", "get", ["a"]))


@pytest.mark.parametrize("timeout", ["timeout", "wait_for"])
def test_a_reply_at_the_instant_of_the_timeout_wins(loop, world, timeout):
    store = world.service("store", latency=0.5)

    async def main():
        if timeout == "wait_for":
            return await asyncio.wait_for(loop.request("store", "get", ["a"]), 0.5)
        async with asyncio.timeout(0.5):
            return await loop.request("store", "get", ["a"])

    assert run(loop, main()) == store.reply("a")


def test_a_timeout_cancels_the_request_at_its_time(loop, world):
    world.service("store", latency=2.0)

    async def main():
        async with asyncio.timeout(0.5):
            await loop.request("store", "get", ["a"])

    with pytest.raises(TimeoutError):
        run(loop, main())
    loop._room.tell()
    (call,) = world.record().calls()
    assert (call.how, call.end) == ("cancel", 0.5)


def test_a_reply_that_arrives_while_the_loop_is_blocked_is_noticed_after_it(loop, world):
    world.service("store", latency=0.5)

    async def main():
        request = asyncio.ensure_future(loop.request("store", "get", ["a"]))
        await asyncio.sleep(0)
        loop._room.main.block("sleep", 2.0)
        await request
        return loop.time()

    assert run(loop, main()) == 2.0
    (call,) = world.record().calls()
    assert call.end == 0.5


# -- tasks


def test_tasks_hash_by_the_number_of_their_creation(loop):
    async def nothing():
        """Ends at once."""

    async def main():
        tasks = [asyncio.create_task(nothing()) for _ in range(3)]
        await asyncio.gather(*tasks)
        return [hash(task) for task in tasks]

    assert run(loop, main()) == [2, 3, 4]  # main itself is the first


def test_a_set_of_tasks_iterates_in_the_order_of_their_creation(loop):
    async def main():
        tasks = [asyncio.create_task(asyncio.sleep(0.1 * (20 - number))) for number in range(20)]
        done, _ = await asyncio.wait(reversed(tasks))
        return [task.get_name() for task in done] == [task.get_name() for task in tasks]

    assert run(loop, main())


def test_a_task_equals_only_itself(loop):
    async def main():
        one, other = asyncio.create_task(asyncio.sleep(0)), asyncio.create_task(asyncio.sleep(0))
        await asyncio.gather(one, other)
        return one == one, one == other

    assert run(loop, main()) == (True, False)


def test_tasks_are_numbered_by_run_not_by_process(loop, world):
    async def main():
        task = asyncio.create_task(asyncio.sleep(0))
        await task
        return asyncio.current_task().get_name(), task.get_name()

    assert run(loop, main()) == ("T1", "T2")
    other = VirtualLoop(Scheduler(world.handle))
    assert other.run_until_complete(main()) == ("T1", "T2")
    other.close()


def test_a_name_that_was_given_stays(loop):
    async def main():
        async with asyncio.TaskGroup() as group:
            return group.create_task(asyncio.sleep(0), name="loader").get_name()

    assert run(loop, main()) == "loader"


def test_a_task_factory_of_the_learners_is_used(loop):
    made = []

    def factory(loop, coroutine, **options):
        made.append(coroutine.__qualname__)
        return asyncio.Task(coroutine, loop=loop, **options)

    loop.set_task_factory(factory)
    run(loop, asyncio.sleep(0))

    assert made == ["sleep"]


def test_debug_mode_works(loop):
    loop.set_debug(True)

    run(loop, asyncio.sleep(1))

    assert loop.time() == 1.0


# -- ends


def test_a_loop_that_nobody_closed_is_no_reason_to_complain(recwarn):
    made = VirtualLoop(Scheduler(World().handle))
    del made
    gc.collect()

    assert not recwarn.list


def test_waiting_for_nothing_is_a_deadlock_and_names_who_waits_where(loop):
    async def loader():
        await asyncio.Event().wait()

    with pytest.raises(RunEnded) as end:
        run(loop, loader())

    assert (end.value.why, end.value.text) == (
        "deadlock",
        "nothing is in flight and no timer is set, so nobody can wake what waits",
    )
    assert "`loader` waits in `Event.wait`, line " in end.value.line
    assert end.value.line.endswith(": `await asyncio.Event().wait()`")


def test_of_many_who_wait_the_first_four_are_named(loop):
    async def stuck(queue):
        await queue.get()

    async def main():
        await asyncio.gather(*(stuck(asyncio.Queue()) for _ in range(9)), asyncio.Event().wait())

    with pytest.raises(RunEnded) as end:
        run(loop, main())

    assert end.value.line.count("`stuck` waits in `Queue.get`") == 1  # one line, said once
    assert "`main` waits" in end.value.line


def test_a_loop_that_never_waits_is_a_busy_loop():
    loop = VirtualLoop(Scheduler(World().handle), max_turns=100)

    async def poll():
        while True:
            await asyncio.sleep(0)

    with pytest.raises(RunEnded) as end:
        loop.run_until_complete(poll())

    assert (end.value.why, loop.time()) == ("busy loop", 0.0)
    assert "the loop went round 100 times and no time passed" in end.value.text
    assert "`poll` waits in `sleep`, line " in end.value.line
    loop._room.finish()
    loop.close()


def test_turns_count_from_the_last_moment_in_which_time_passed():
    loop = VirtualLoop(Scheduler(World().handle), max_turns=100)

    async def main():
        for _ in range(10):
            for _ in range(50):
                await asyncio.sleep(0)
            await asyncio.sleep(0.1)

    loop.run_until_complete(main())
    loop.close()


def test_no_run_goes_on_for_more_than_an_hour(loop):
    async def poll():
        while True:
            await asyncio.sleep(1)

    with pytest.raises(RunEnded) as end:
        run(loop, poll())

    assert (end.value.why, loop.time()) == ("horizon", 3600.0)


def test_sleeping_for_ever_is_not_over_after_an_hour(loop):
    with pytest.raises(RunEnded, match="after an hour on the world's clock it was still not over"):
        run(loop, asyncio.sleep(float("inf")))


# -- what a virtual clock cannot hold


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (lambda: asyncio.open_connection("127.0.0.1", 80), "a socket cannot run on the world's clock: call"),
        (
            lambda: asyncio.start_server(print, "127.0.0.1", 0),
            "a socket cannot run on the world's clock: call",
        ),
        (
            lambda: asyncio.create_subprocess_exec("true"),
            "a subprocess cannot run on the world's clock: call",
        ),
        (
            lambda: asyncio.create_subprocess_shell("true"),
            "a subprocess cannot run on the world's clock: call",
        ),
    ],
    ids=["open_connection", "start_server", "subprocess_exec", "subprocess_shell"],
)
def test_the_world_outside_is_refused_with_what_to_do_instead(loop, start, words):
    async def main():
        await start()

    with pytest.raises(RuntimeError, match=words):
        run(loop, main())


@pytest.mark.parametrize(
    ("method", "args", "instead"),
    [
        ("add_signal_handler", (2, print), "wait for an asyncio.Event or a timeout instead"),
        ("add_reader", (0, print), "await the service that you were given"),
        ("add_writer", (1, print), "await the service that you were given"),
    ],
)
def test_signals_and_file_descriptors_are_refused_with_what_to_do_instead(loop, method, args, instead):
    with pytest.raises(RuntimeError, match=f"cannot run on the world's clock: {instead}"):
        getattr(loop, method)(*args)


def test_a_refused_method_keeps_its_name(loop):
    assert loop.create_connection.__name__ == "create_connection"


# -- the clean-up


def test_while_the_runner_cleans_up_a_sleep_ends_without_the_world(loop, world):
    loop._room.finish()

    run(loop, asyncio.sleep(5))
    loop._room.main.block("sleep", 5)

    assert loop.time() == 10.0
    assert world.now == 0
