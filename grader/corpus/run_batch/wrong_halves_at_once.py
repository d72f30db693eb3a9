# says: calls the device once at a time
import asyncio


async def run_batch(device, rows):
    if not rows:
        return []
    try:
        return await device(rows)
    except Exception as error:
        if len(rows) == 1:
            return [error]
    half = len(rows) // 2
    left, right = await asyncio.gather(run_batch(device, rows[:half]), run_batch(device, rows[half:]))
    return left + right
