# says: gives a batch of one bad row its exception
async def run_batch(device, rows):
    if len(rows) < 2:
        return await device(rows) if rows else []
    try:
        return await device(rows)
    except Exception:
        half = len(rows) // 2
        results = []
        for part in rows[:half], rows[half:]:
            try:
                results += await run_batch(device, part)
            except Exception as error:
                results.append(error)
        return results
