import asyncio


async def infer(model, batch):
    done = asyncio.Event()
    task = asyncio.create_task(asyncio.to_thread(model, batch))
    task.add_done_callback(lambda _: done.set())
    await done.wait()
    return task.result()
