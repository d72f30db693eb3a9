import asyncio
from contextlib import asynccontextmanager


@asynccontextmanager
async def transaction(abort):
    tasks = []
    try:
        yield tasks
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await abort()
        raise


async def all_or_nothing(upload, parts, abort):
    async with transaction(abort) as tasks:
        tasks += [asyncio.create_task(upload(part)) for part in parts]
        for next_one in asyncio.as_completed(tasks):
            await next_one
        return [task.result() for task in tasks]
