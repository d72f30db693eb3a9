# says: lets a cancellation go on to its caller
import asyncio


async def run_batch(device, rows):
    if not rows:
        return []
    try:
        return await device(rows)
    except asyncio.CancelledError:
        return [TimeoutError("too late")] * len(rows)
    except Exception as error:
        if len(rows) == 1:
            return [error]
    half = len(rows) // 2
    return await run_batch(device, rows[:half]) + await run_batch(device, rows[half:])
