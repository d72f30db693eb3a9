# says: calls no device for no rows
async def run_batch(device, rows):
    try:
        return await device(rows)
    except Exception as error:
        if len(rows) == 1:
            return [error]
    half = len(rows) // 2
    return await run_batch(device, rows[:half]) + await run_batch(device, rows[half:])
