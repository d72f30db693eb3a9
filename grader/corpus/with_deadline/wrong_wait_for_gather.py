# says: What was there in time is lost
import asyncio


async def with_deadline(calls, seconds):
    gathering = asyncio.gather(*[call() for call in calls.values()], return_exceptions=True)
    try:
        values = await asyncio.wait_for(gathering, seconds)
    except TimeoutError:
        return {"done": {}, "failed": {}, "late": list(calls)}
    pairs = list(zip(calls, values, strict=True))
    return {
        "done": {name: value for name, value in pairs if not isinstance(value, Exception)},
        "failed": {name: value for name, value in pairs if isinstance(value, Exception)},
        "late": [],
    }
