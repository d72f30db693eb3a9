# says: gives each row its own when several are bad
async def run_batch(device, rows):
    """Binary search for the bad row, then the others without it."""
    if not rows:
        return []
    try:
        return await device(rows)
    except Exception as error:
        if len(rows) == 1:
            return [error]
    half = len(rows) // 2
    try:
        left = await device(rows[:half])
    except Exception as error:
        left = [error] if half == 1 else await _split(device, rows[:half])
        return left + await device(rows[half:])
    return left + await run_batch(device, rows[half:])


async def _split(device, rows):
    half = len(rows) // 2
    return await run_batch(device, rows[:half]) + await run_batch(device, rows[half:])
