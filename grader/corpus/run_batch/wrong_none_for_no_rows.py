# says: returns an empty list for no rows
async def run_batch(device, rows):
    if not rows:
        return None
    try:
        return await device(rows)
    except Exception as error:
        if len(rows) == 1:
            return [error]
    half = len(rows) // 2
    return await run_batch(device, rows[:half]) + await run_batch(device, rows[half:])
