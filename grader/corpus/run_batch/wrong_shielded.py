# says: calls no device after it was cancelled
import asyncio


async def run_batch(device, rows):
    if not rows:
        return []
    try:
        return await asyncio.shield(device(rows))
    except Exception as error:
        if len(rows) == 1:
            return [error]
    half = len(rows) // 2
    return await run_batch(device, rows[:half]) + await run_batch(device, rows[half:])
