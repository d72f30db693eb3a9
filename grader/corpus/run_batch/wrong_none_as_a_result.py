# says: The bad row has None, as if that were its result
async def run_batch(device, rows):
    if not rows:
        return []
    try:
        return await device(rows)
    except Exception:
        if len(rows) == 1:
            return [None]
    half = len(rows) // 2
    return await run_batch(device, rows[:half]) + await run_batch(device, rows[half:])
