# says: `except Exception as error`
async def run_batch(device, rows):
    if not rows:
        return []
    try:
        return await device(rows)
    except (ValueError, RuntimeError) as error:
        if len(rows) == 1:
            return [error]
    half = len(rows) // 2
    return await run_batch(device, rows[:half]) + await run_batch(device, rows[half:])
