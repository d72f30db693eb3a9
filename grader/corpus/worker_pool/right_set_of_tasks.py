import asyncio


async def worker_pool(items, handle, workers):
    running, order = set(), []

    async def wait_for_one():
        nonlocal running
        done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    reading = None
    try:
        iterator = aiter(items)
        while True:
            while len(running) >= workers:
                await wait_for_one()
            reading = asyncio.ensure_future(anext(iterator))
            while not reading.done():
                done, _ = await asyncio.wait({reading, *running}, return_when=asyncio.FIRST_COMPLETED)
                for task in done - {reading}:
                    running.discard(task)
                    task.result()
            try:
                item = reading.result()
            except StopAsyncIteration:
                break
            order.append(asyncio.ensure_future(handle(item)))
            running.add(order[-1])
        while running:
            await wait_for_one()
        return [task.result() for task in order]
    finally:
        left = [*running, *([reading] if reading else [])]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
