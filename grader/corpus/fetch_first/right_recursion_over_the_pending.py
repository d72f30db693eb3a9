import asyncio


async def fetch_first(replicas, key):
    async def first_of(tasks, error=None):
        if not tasks:
            raise error
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        good = [task for task in done if not task.exception()]
        if good:
            return good[0].result()
        return await first_of(pending, done.pop().exception())

    tasks = [asyncio.ensure_future(replica.get(key)) for replica in replicas]
    try:
        return await first_of(tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
