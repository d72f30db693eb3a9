# says: The bad row has the exception of the whole batch.
async def run_batch(device, rows, first=None):
    if not rows:
        return []
    try:
        return await device(rows)
    except Exception as error:
        first = first or error
        if len(rows) == 1:
            return [first]
    half = len(rows) // 2
    return await run_batch(device, rows[:half], first) + await run_batch(device, rows[half:], first)
