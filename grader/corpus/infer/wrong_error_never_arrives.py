# says: so nobody can wake what waits
# verdict: stopped
import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(1)


async def infer(model, batch):
    loop = asyncio.get_running_loop()
    answer = loop.create_future()
    pool.submit(lambda: loop.call_soon_threadsafe(answer.set_result, model(batch)))
    return await answer
