# says: somebody is given the answer to another one's question
async def run_batch(device, rows):
    if not rows:
        return []
    try:
        return await device(rows)
    except Exception:
        if len(rows) == 1:
            return []
    half = len(rows) // 2
    return await run_batch(device, rows[:half]) + await run_batch(device, rows[half:])
