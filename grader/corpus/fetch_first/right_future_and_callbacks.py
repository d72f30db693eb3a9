import asyncio


async def fetch_first(replicas, key):
    first = asyncio.get_running_loop().create_future()
    tasks = [asyncio.create_task(replica.get(key)) for replica in replicas]
    failed = []

    def over(task):
        if task.cancelled() or first.done():
            return
        if task.exception() is None:
            first.set_result(task.result())
            return
        failed.append(task.exception())
        if len(failed) == len(tasks):
            first.set_exception(failed[-1])

    for task in tasks:
        task.add_done_callback(over)
    try:
        return await first
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
