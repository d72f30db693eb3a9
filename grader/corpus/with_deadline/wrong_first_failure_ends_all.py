# says: One failure disturbed the others
import asyncio


async def with_deadline(calls, seconds):
    tasks = {name: asyncio.ensure_future(call()) for name, call in calls.items()}
    async with asyncio.timeout(seconds):
        await asyncio.gather(*tasks.values())
    return {"done": {name: task.result() for name, task in tasks.items()}, "failed": {}, "late": []}
