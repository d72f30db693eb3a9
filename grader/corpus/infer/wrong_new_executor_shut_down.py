# says: 12 threads and processes were started
import asyncio
from concurrent.futures import ThreadPoolExecutor


async def infer(model, batch):
    with ThreadPoolExecutor(1) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, model, batch)
