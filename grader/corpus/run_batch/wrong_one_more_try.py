# says: never calls the device twice with the same rows
async def run_batch(device, rows):
    if not rows:
        return []
    for last in (False, True):  # it may have been a passing fault
        try:
            return await device(rows)
        except Exception as error:
            if last and len(rows) == 1:
                return [error]
    half = len(rows) // 2
    return await run_batch(device, rows[:half]) + await run_batch(device, rows[half:])
