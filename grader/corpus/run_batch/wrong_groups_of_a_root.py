# says: Each call should halve what is in doubt
import math


async def run_batch(device, rows, size=None):
    if not rows:
        return []
    try:
        return await device(rows)
    except Exception as error:
        if len(rows) == 1:
            return [error]
    step = max(1, math.isqrt(len(rows))) if size is None else 1
    results = []
    for start in range(0, len(rows), step):
        results += await run_batch(device, rows[start : start + step], step)
    return results
