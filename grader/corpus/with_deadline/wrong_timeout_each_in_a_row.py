# says: The calls were made one after the other
import asyncio


async def with_deadline(calls, seconds):
    result = {"done": {}, "failed": {}, "late": []}
    for name, call in calls.items():
        try:
            async with asyncio.timeout(seconds) as limit:
                result["done"][name] = await call()
        except Exception as error:
            if limit.expired():
                result["late"].append(name)
            else:
                result["failed"][name] = error
    return result
