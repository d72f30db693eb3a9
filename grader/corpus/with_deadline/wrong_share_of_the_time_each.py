# says: The calls were made one after the other
import asyncio


async def with_deadline(calls, seconds):
    result = {"done": {}, "failed": {}, "late": []}
    for name, call in calls.items():
        try:
            result["done"][name] = await asyncio.wait_for(call(), seconds / len(calls))
        except TimeoutError:
            result["late"].append(name)
        except Exception as error:
            result["failed"][name] = error
    return result
