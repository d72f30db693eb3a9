# says: Each call started a thread of its own
import asyncio
from concurrent.futures import ThreadPoolExecutor


async def infer(model, batch):
    return await asyncio.get_running_loop().run_in_executor(ThreadPoolExecutor(1), model, batch)
