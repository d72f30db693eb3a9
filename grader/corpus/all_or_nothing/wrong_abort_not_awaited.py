# says: raises when the abort is over: the abort was still running when it raised
import asyncio


async def all_or_nothing(upload, parts, abort):
    tasks = [asyncio.ensure_future(upload(part)) for part in parts]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        aborting = asyncio.ensure_future(abort())
        await asyncio.sleep(0)
        raise
