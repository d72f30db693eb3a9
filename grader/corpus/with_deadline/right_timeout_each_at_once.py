import asyncio


async def with_deadline(calls, seconds):
    """A timeout for each is one deadline, when all start at the same time."""
    result = {"done": {}, "failed": {}, "late": []}

    async def one(name, call):
        try:
            async with asyncio.timeout(seconds) as limit:
                result["done"][name] = await call()
        except Exception as error:
            if not limit.expired():
                result["failed"][name] = error

    await asyncio.gather(*[one(name, call) for name, call in calls.items()])
    result["late"] = [name for name in calls if name not in result["done"] and name not in result["failed"]]
    return result
