"""Real asyncio is the oracle: short programs note the same order on its clock and on the world's.

On the real clock everything that must differ is 30 ms or more apart; the order is compared, never a time.
"""

import asyncio
import contextvars
import sys

import pytest

from asynclab.loop import VirtualLoop
from asynclab.scheduler import Scheduler
from asynclab.world import World

STEP = 0.03  # seconds

PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


async def sleeper(log, name, steps):
    log(f"{name} starts")
    try:
        await asyncio.sleep(steps * STEP)
        log(f"{name} ends")
    except asyncio.CancelledError:
        log(f"{name} is cancelled")
        raise
    return name


async def failing(log, name, steps):
    await sleeper(log, name, steps)
    raise ValueError(name)


@program
async def gather(log):
    log(await asyncio.gather(sleeper(log, "a", 3), sleeper(log, "b", 1), sleeper(log, "c", 2)))


@program
async def gather_where_one_fails(log):
    others = [asyncio.ensure_future(sleeper(log, "a", 3))]
    try:
        await asyncio.gather(*others, failing(log, "b", 1))
    except ValueError as error:
        log(f"failed: {error}")
    log(await others[0])


@program
async def gather_with_exceptions_returned(log):
    results = await asyncio.gather(sleeper(log, "a", 2), failing(log, "b", 1), return_exceptions=True)
    log([str(result) for result in results])


@program
async def one_after_another(log):
    for name in "abc":
        await sleeper(log, name, 1)


@program
async def task_group(log):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(sleeper(log, name, steps)) for name, steps in (("a", 2), ("b", 1))]
        log("body ends")
    log([task.result() for task in tasks])


@program
async def task_group_where_one_fails(log):
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(sleeper(log, "a", 4))
            group.create_task(failing(log, "b", 1))
            await sleeper(log, "body", 3)
    except* ValueError as errors:
        log([str(error) for error in errors.exceptions])


@program
async def wait_for_the_first(log):
    tasks = [asyncio.create_task(sleeper(log, name, steps)) for name, steps in (("a", 3), ("b", 1), ("c", 2))]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    log((len(done), len(pending)))
    for task in tasks:
        task.cancel()
    log([type(result).__name__ for result in await asyncio.gather(*tasks, return_exceptions=True)])


@program
async def wait_with_a_timeout(log):
    tasks = [asyncio.create_task(sleeper(log, "a", 1)), asyncio.create_task(sleeper(log, "b", 4))]
    done, pending = await asyncio.wait(tasks, timeout=2 * STEP)
    log((len(done), len(pending)))
    await asyncio.wait(pending)


@program
async def as_completed(log):
    # tasks, because asyncio starts coroutines in any order: as_completed puts them into a set
    tasks = [asyncio.create_task(sleeper(log, name, steps)) for name, steps in (("a", 3), ("b", 1), ("c", 2))]
    for done in asyncio.as_completed(tasks):
        log(f"got {await done}")


@program
async def timeouts(log):
    for steps in (1, 3):
        try:
            async with asyncio.timeout(2 * STEP):
                await sleeper(log, f"within {steps}", steps)
        except TimeoutError:
            log("timed out")


@program
async def wait_for(log):
    for steps in (1, 3):
        try:
            log(await asyncio.wait_for(sleeper(log, f"within {steps}", steps), 2 * STEP))
        except TimeoutError:
            log("timed out")


@program
async def nested_timeouts(log):
    try:
        async with asyncio.timeout(4 * STEP):
            try:
                async with asyncio.timeout(1 * STEP):
                    await sleeper(log, "inner", 2)
            except TimeoutError:
                log("inner timed out")
            await sleeper(log, "outer", 9)
    except TimeoutError:
        log("outer timed out")


@program
async def bounded_queue(log):
    queue = asyncio.Queue(maxsize=1)

    async def produce():
        for number in range(4):
            await queue.put(number)
            log(f"put {number}")
        await queue.put(None)

    async def consume():
        while (number := await queue.get()) is not None:
            await asyncio.sleep(STEP)
            log(f"took {number}")

    await asyncio.gather(produce(), consume())


@program
async def priority_queue_joined(log):
    queue = asyncio.PriorityQueue()
    for number in (3, 1, 2):
        queue.put_nowait(number)

    async def worker():
        while True:
            number = await queue.get()
            await asyncio.sleep(STEP)
            log(number)
            queue.task_done()

    task = asyncio.create_task(worker())
    await queue.join()
    log("joined")
    task.cancel()


@program
async def semaphore(log):
    places = asyncio.Semaphore(2)

    async def limited(name):
        async with places:
            await sleeper(log, name, 1 + "abcd".index(name))

    await asyncio.gather(*map(limited, "abcd"))


@program
async def event(log):
    ready = asyncio.Event()

    async def waiter(name):
        await ready.wait()
        log(f"{name} goes")

    waiters = [asyncio.create_task(waiter(name)) for name in "abc"]
    await sleeper(log, "setter", 1)
    ready.set()
    await asyncio.gather(*waiters)


@program
async def lock(log):
    alone = asyncio.Lock()

    async def careful(name):
        async with alone:
            log(f"{name} in")
            await asyncio.sleep(STEP)
            log(f"{name} out")

    await asyncio.gather(*map(careful, "abc"))


@program
async def condition(log):
    changed, box = asyncio.Condition(), []

    async def taker(name):
        async with changed:
            await changed.wait_for(lambda: box)
            log(f"{name} takes {box.pop()}")

    takers = [asyncio.create_task(taker(name)) for name in "ab"]
    for item in (1, 2):
        await asyncio.sleep(STEP)
        async with changed:
            box.append(item)
            changed.notify()
    await asyncio.gather(*takers)


@program
async def barrier(log):
    gate = asyncio.Barrier(3)

    async def runner(name, steps):
        await sleeper(log, name, steps)
        await gate.wait()
        log(f"{name} passes")

    await asyncio.gather(runner("a", 1), runner("b", 3), runner("c", 2))


@program
async def shield(log):
    inner = asyncio.create_task(sleeper(log, "inner", 3))
    try:
        await asyncio.wait_for(asyncio.shield(inner), STEP)
    except TimeoutError:
        log("gave up")
    log(await inner)


@program
async def cancel_that_passes_down(log):
    async def outer():
        try:
            await asyncio.gather(sleeper(log, "a", 5), sleeper(log, "b", 5))
        finally:
            log("outer cleans up")
            await asyncio.sleep(STEP)
            log("outer is clean")

    task = asyncio.create_task(outer())
    await asyncio.sleep(STEP)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        log("outer is cancelled")


@program
async def cancel_that_is_swallowed(log):
    async def stubborn():
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            log("no")
        await asyncio.sleep(STEP)
        return "done all the same"

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(STEP)
    task.cancel()
    log(await task)


@program
async def cancel_before_the_first_step(log):
    task = asyncio.create_task(sleeper(log, "never", 1))
    task.cancel()
    log([type(result).__name__ for result in await asyncio.gather(task, return_exceptions=True)])


@program
async def async_generators(log):
    async def ticks():
        try:
            for number in range(9):
                await asyncio.sleep(STEP)
                yield number
        finally:
            log("ticks closed")

    stream = ticks()
    async for number in stream:
        log(number)
        if number == 2:
            break
    await stream.aclose()


@program
async def async_generator_left_open(log):
    async def ticks():
        try:
            while True:
                yield 1
        finally:
            log("closed by the loop")

    async for _ in ticks():
        break
    await asyncio.sleep(STEP)
    log("main ends")


@program
async def callbacks(log):
    loop = asyncio.get_running_loop()
    loop.call_later(3 * STEP, log, "late")
    loop.call_later(1 * STEP, log, "early")
    loop.call_soon(log, "soon")
    loop.call_later(2 * STEP, log, "never").cancel()
    future = loop.create_future()
    future.add_done_callback(lambda done: log(f"callback of {done.result()}"))
    loop.call_later(2 * STEP, future.set_result, "future")
    log(await future)
    await asyncio.sleep(3 * STEP)


@program
async def context_variables(log):
    name = contextvars.ContextVar("name", default="none")

    async def child():
        log(name.get())
        name.set("child")

    name.set("parent")
    await asyncio.create_task(child())
    log(name.get())
    await child()
    log(name.get())


@program
async def turns_without_waiting(log):
    async def counter(name):
        for number in range(3):
            log(f"{name}{number}")
            await asyncio.sleep(0)

    await asyncio.gather(counter("a"), counter("b"))


@program
async def call_soon_threadsafe_and_futures_of_threads(log):
    loop = asyncio.get_running_loop()
    waiting = asyncio.run_coroutine_threadsafe(sleeper(log, "a", 1), loop)
    log(await asyncio.wrap_future(waiting))


def on_the_real_clock(function):
    log = []
    asyncio.run(function(log.append))
    return log


def on_the_worlds_clock(function):
    log, loop = [], VirtualLoop(Scheduler(World().handle))
    loop.run_until_complete(function(log.append))
    loop._room.finish()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    return log


@pytest.mark.parametrize("function", PROGRAMS, ids=lambda function: function.__name__)
def test_the_order_is_that_of_real_asyncio(function):
    assert on_the_worlds_clock(function) == on_the_real_clock(function)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are new in Python 3.12")
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda function: function.__name__)
def test_the_order_is_that_of_real_asyncio_with_eager_tasks_too(function):
    async def eagerly(log):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        await function(log)

    assert on_the_worlds_clock(eagerly) == on_the_real_clock(eagerly)
