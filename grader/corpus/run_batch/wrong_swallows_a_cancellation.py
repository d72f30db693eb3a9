# says: A cancellation is no bad row
async def run_batch(device, rows):
    if not rows:
        return []
    try:
        return await device(rows)
    except BaseException as error:
        if len(rows) == 1:
            return [error]
    half = len(rows) // 2
    return await run_batch(device, rows[:half]) + await run_batch(device, rows[half:])
