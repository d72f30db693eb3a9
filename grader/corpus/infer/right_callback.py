import asyncio
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(2)


async def infer(model, batch):
    loop = asyncio.get_running_loop()
    answer = loop.create_future()

    def hand_over(job):
        if job.exception() is not None:
            loop.call_soon_threadsafe(answer.set_exception, job.exception())
        else:
            loop.call_soon_threadsafe(answer.set_result, job.result())

    pool.submit(model, batch).add_done_callback(hand_over)
    return await answer
