# says: nobody can wake what waits
# verdict: stopped
import asyncio


async def fetch_first(replicas, key):
    first = asyncio.get_running_loop().create_future()

    async def ask(replica):
        try:
            value = await replica.get(key)
        except Exception:
            return
        if not first.done():
            first.set_result(value)

    tasks = [asyncio.create_task(ask(replica)) for replica in replicas]
    try:
        return await first
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
