import asyncio
from concurrent.futures import ProcessPoolExecutor

pool = ProcessPoolExecutor(1)


async def infer(model, batch):
    return await asyncio.get_running_loop().run_in_executor(pool, model, batch)
