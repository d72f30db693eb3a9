"""Programs of what the corpus has little of, each given a store that takes a second. Read as an answer."""

import asyncio
import time


async def gather(store):
    return await asyncio.gather(*(store.get(key) for key in "abc"))


async def gather_cancelled(store):
    both = asyncio.gather(store.get("a"), store.get("b"))
    await asyncio.sleep(0.5)
    both.cancel()
    return await asyncio.gather(both, return_exceptions=True)


async def wait_for(store):
    try:
        await asyncio.wait_for(store.get("a"), 0.5)
    except TimeoutError:
        return await store.get("b")


async def timeout_at_the_instant_of_the_reply(store):
    async with asyncio.timeout(1.0):
        return await store.get("a")


async def task_group(store):
    async def fail():
        await asyncio.sleep(0.3)
        raise ValueError("no")

    async with asyncio.TaskGroup() as group:
        for key in "abcdefgh":
            group.create_task(store.get(key))
        group.create_task(fail())


async def as_completed(store):
    return [await one for one in asyncio.as_completed([store.get(key) for key in "abcdef"])]


async def wait(store):
    tasks = [asyncio.ensure_future(store.get(key)) for key in "abcdef"]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    return len(done)


async def queue(store):
    items = asyncio.Queue(2)

    async def produce():
        for number in range(5):
            await items.put(await store.get(str(number)))

    async def consume():
        return [await items.get() for _ in range(5)]

    return (await asyncio.gather(produce(), consume()))[1]


async def semaphore(store):
    limit = asyncio.Semaphore(2)

    async def one(key):
        async with limit:
            return await store.get(key)

    return await asyncio.gather(*map(one, "abcde"))


async def condition(store):
    ready, woken = asyncio.Condition(), []

    async def wait(name):
        async with ready:
            await ready.wait()
            woken.append(name)

    tasks = [asyncio.create_task(wait(name)) for name in "abc"]
    await store.get("a")
    async with ready:
        ready.notify_all()
    await asyncio.gather(*tasks)
    return woken


async def threads(store):
    def job(number):
        time.sleep(0.1 * number)
        return time.monotonic()

    return await asyncio.gather(*(asyncio.to_thread(job, number) for number in range(4)))


async def left_behind(store):
    async def poll():
        while True:
            await store.get("a")

    global task
    task = asyncio.create_task(poll())
    await asyncio.sleep(1.5)


async def deadlock(store):
    await asyncio.Queue().get()


async def noisy(store):
    print("hello")
    store.get("a")
    asyncio.create_task(store.get("failing"))  # noqa: RUF006
    await asyncio.sleep(2)


async def wall_clock(store):
    before = [time.time(), asyncio.get_running_loop().time()]
    await asyncio.sleep(7)
    return [*before, time.time(), asyncio.get_running_loop().time()]


async def values(store):
    return [1, -1, 0.1, 1e300, 2**70, True, None, "é😀", {1: "a", ("b", 2): []}, ValueError("no"), KeyError]


class Counter:
    """Driven by clients: slow for some, and no answer at all for one."""

    def __init__(self, store):
        self.store = store
        self.count = 0

    async def ask(self, number):
        self.count += 1
        if number % 3 == 0:
            raise LookupError(f"no {number}")
        await asyncio.sleep(0.1 * number)
        return [self.count, await self.store.get(str(number))]
