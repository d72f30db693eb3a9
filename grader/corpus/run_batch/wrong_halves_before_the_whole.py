# says: Try all rows together first
async def run_batch(device, rows):
    if not rows:
        return []
    half = len(rows) // 2
    results = []
    for part in filter(None, (rows[:half], rows[half:])):
        try:
            results += await device(part)
        except Exception as error:
            results += [error] if len(part) == 1 else await run_batch(device, part)
    return results
