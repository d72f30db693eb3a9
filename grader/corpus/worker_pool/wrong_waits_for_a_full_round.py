# says: begins with the first item before the next is there
import asyncio


async def worker_pool(items, handle, workers):
    waiting, running, order, more = [], set(), [], True
    iterator = aiter(items)
    try:
        while more or running or waiting:
            while more and len(waiting) < workers:
                try:
                    waiting.append(await anext(iterator))
                except StopAsyncIteration:
                    more = False
            while waiting and len(running) < workers:
                order.append(asyncio.create_task(handle(waiting.pop(0))))
                running.add(order[-1])
            if running:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        return [task.result() for task in order]
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
