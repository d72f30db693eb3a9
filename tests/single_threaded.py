"""Programs in one thread, good ones and bad ones, whose records are the same wherever they run.

It needs nothing but Python and asynclab, so that it runs in a browser's Python too.
"""

from __future__ import annotations

import asyncio
import json
import queue
import sys
import threading
import time
from functools import partial

from asynclab.play import play
from asynclab.runner import Limits
from asynclab.world import World


async def gather_and_order(store):
    order = []

    async def one(key, pause):
        await asyncio.sleep(pause)
        order.append(await store.get(key))

    await asyncio.gather(*(one(key, 0.1 * pause) for pause, key in enumerate("cab")))
    return order


async def group_that_fails(store):
    async with asyncio.TaskGroup() as group:
        for key in "ab":
            group.create_task(store.get(key))
        group.create_task(store.get("missing"))


async def deadline(store):
    async with asyncio.timeout(0.2):
        await store.get("a")


async def producer_and_consumer(store):
    items: asyncio.Queue[float] = asyncio.Queue(1)

    async def produce():
        for key in "abc":
            await items.put(await store.get(key))

    task = asyncio.create_task(produce())
    got = [await items.get() for _ in range(3)]
    await task
    return got


async def blocked_loop(store):
    task = asyncio.create_task(store.get("a"))
    await asyncio.sleep(0.1)
    time.sleep(1.0)
    return [await task, time.monotonic(), time.time()]


async def leaves_something_behind(store):
    async def poll():
        while True:
            await store.get("a")

    asyncio.create_task(poll(), name="poller")  # noqa: RUF006
    await asyncio.sleep(0.7)


async def waits_for_ever(store):
    await asyncio.gather(asyncio.Event().wait(), store.get("a"))


async def never_waits(store):
    while True:
        await asyncio.sleep(0)


async def waits_longer_than_anyone(store):
    await asyncio.sleep(1e6)


async def forgets_to_await(store):
    store.get("a")
    print("done", file=sys.stderr)


async def exits(store):
    sys.exit("enough")


async def swallows_its_cancellation(store):
    async def stubborn():
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await store.get("a")

    asyncio.create_task(stubborn())  # noqa: RUF006


async def blocks_without_a_line(store):
    asyncio.get_running_loop().call_soon(partial(time.sleep, 0.3))
    await asyncio.sleep(1)


async def locks_of_threads(store):
    lock, items = threading.Lock(), queue.Queue()
    with lock:
        items.put(await store.get("a"))
    return [items.get(), lock.acquire(timeout=0.5), threading.Condition().acquire(), items.empty()]


async def divides(store):
    return 1 / 0


async def nested_loop(store):
    asyncio.run(store.get("a"))


SINGLE_THREADED = [
    gather_and_order,
    group_that_fails,
    deadline,
    producer_and_consumer,
    blocked_loop,
    leaves_something_behind,
    waits_for_ever,
    never_waits,
    waits_longer_than_anyone,
    forgets_to_await,
    exits,
    swallows_its_cancellation,
    blocks_without_a_line,
    locks_of_threads,
    divides,
    nested_loop,
]


def record_of(program, **limits) -> str:
    world = World()
    store = world.service("store", keys=("a", "b", "c"), latency=0.3)
    return json.dumps(play(world, program, store, limits=Limits(turns=1_000, **limits)).events)
