"""Programs whose traces must be the same, byte for byte, in every run; run as a script, it prints them.

Those in `GOLDEN` have their trace in tests/golden/traces/, the same for every Python of the course.
"""

import asyncio
import json
import sys
import time

from asynclab.play import play
from asynclab.world import World


async def limited_with_retries(store, keys):
    places = asyncio.Semaphore(3)

    async def fetch(key):
        async with places:
            for attempt in range(1, 4):
                try:
                    return await store.get(key)
                except ConnectionError:
                    await asyncio.sleep(0.1 * 2**attempt)
            return None

    async with asyncio.timeout(60):
        return await asyncio.gather(*map(fetch, keys))


async def group_that_fails(store, keys):
    async def give_up():
        await asyncio.sleep(0.7)
        raise ValueError("enough")

    results = []
    try:
        async with asyncio.TaskGroup() as group:
            for key in keys:
                group.create_task(store.get(key), name=f"loader of {key}")
            group.create_task(give_up())
    except* ValueError as errors:
        results.append(str(errors.exceptions[0]))
    for seconds in (0.3, 5):
        try:
            async with asyncio.timeout(seconds):
                results.append(await store.get(keys[0]))
        except TimeoutError:
            results.append("too late")
    return results


async def pipeline(store, keys):
    queue = asyncio.Queue(maxsize=2)

    async def produce():
        for key in keys:
            await queue.put(await store.get(key))
        await queue.put(None)

    async def beat():
        while True:
            await asyncio.sleep(4)
            await store.get("beat")

    asyncio.get_running_loop().create_task(beat(), name="forgotten")
    producer = asyncio.create_task(produce())
    while (value := await queue.get()) is not None:
        time.sleep(0.05)
        print(f"at {time.monotonic():.2f}")
        yield value, {"key": None, 1: [True]}
    await producer


async def as_completed_of_coroutines(store, keys):
    return [await done for done in asyncio.as_completed([store.get(key) for key in keys])]


async def first_of_many(store, keys):
    tasks = {asyncio.ensure_future(store.get(key)) for key in keys}
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    return [await task for task in done]


async def with_wait_for(store, keys):
    results = []
    for key in keys:
        try:
            results.append(await asyncio.wait_for(store.get(key), 0.4))
        except TimeoutError:
            results.append(None)
    return results


GOLDEN = [limited_with_retries, group_that_fails, pipeline]
#: Here asyncio's own order would be that of addresses, or differs from Python to Python.
OTHERS = [as_completed_of_coroutines, first_of_many, with_wait_for]


def trace(program):
    """The record of one run, one event a line."""

    def fail(key, attempt):
        away = program is limited_with_retries and attempt < len(key) - 1
        return ConnectionError(f"{key} is away") if away else None

    world = World(seed=11)
    store = world.service("store", latency=lambda dice, key: dice.choice((0.2, 0.5, 0.5, 1.1)), fail=fail)
    keys = ["a", "bb", "ccc", "dddd", "e"]
    record = play(world, program, store, keys, how="iterate" if program is pipeline else "await")
    return "".join(f"{json.dumps(event)}\n" for event in record.events)


if __name__ == "__main__":
    json.dump({program.__name__: trace(program) for program in GOLDEN + OTHERS}, sys.stdout)
