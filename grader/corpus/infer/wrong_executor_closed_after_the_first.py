# says: cannot schedule new futures after shutdown
import asyncio
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(1)


async def infer(model, batch):
    with pool:
        return await asyncio.get_running_loop().run_in_executor(pool, model, batch)
