import asyncio


async def fetch_first(replicas, key):
    outcomes = asyncio.Queue()

    async def ask(replica):
        try:
            outcomes.put_nowait((await replica.get(key), None))
        except Exception as error:
            outcomes.put_nowait((None, error))

    tasks = [asyncio.create_task(ask(replica)) for replica in replicas]
    try:
        for _ in tasks:
            value, error = await outcomes.get()
            if error is None:
                return value
        raise error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
