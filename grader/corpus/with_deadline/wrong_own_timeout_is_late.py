# says: The call `gave-up` raised a TimeoutError of its own, in time
import asyncio


async def with_deadline(calls, seconds):
    result = {"done": {}, "failed": {}, "late": []}

    async def one(name, call):
        try:
            result["done"][name] = await asyncio.wait_for(call(), seconds)
        except TimeoutError:
            pass
        except Exception as error:
            result["failed"][name] = error

    await asyncio.gather(*[one(name, call) for name, call in calls.items()])
    result["late"] = [name for name in calls if name not in result["done"] and name not in result["failed"]]
    return result
