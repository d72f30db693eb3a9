import asyncio


async def infer(model, batch):
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, model, batch)
