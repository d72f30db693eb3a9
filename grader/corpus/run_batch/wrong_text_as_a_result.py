# says: The entry is the text of the exception
async def run_batch(device, rows):
    if not rows:
        return []
    try:
        return await device(rows)
    except Exception as error:
        if len(rows) == 1:
            return [str(error)]
    half = len(rows) // 2
    return await run_batch(device, rows[:half]) + await run_batch(device, rows[half:])
