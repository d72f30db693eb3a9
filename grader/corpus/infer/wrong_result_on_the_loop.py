# says: the event loop stood still until it was done
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(1)


async def infer(model, batch):
    return pool.submit(model, batch).result()
