import asyncio
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")


async def infer(model, batch):
    return await asyncio.get_running_loop().run_in_executor(pool, lambda: model(batch))
