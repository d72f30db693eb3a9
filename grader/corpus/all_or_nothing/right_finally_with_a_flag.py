import asyncio


async def all_or_nothing(upload, parts, abort):
    done = False
    tasks = [asyncio.ensure_future(upload(part)) for part in parts]
    try:
        results = await asyncio.gather(*tasks)
        done = True
        return results
    finally:
        if not done:
            [task.cancel() for task in tasks]
            await asyncio.gather(*tasks, return_exceptions=True)
            await abort()
