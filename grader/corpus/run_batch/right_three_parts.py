async def run_batch(device, rows):
    if not rows:
        return []
    try:
        return await device(rows)
    except Exception as error:
        if len(rows) == 1:
            return [error]
    third = -(-len(rows) // 3)
    results = []
    for start in range(0, len(rows), third):
        results += await run_batch(device, rows[start : start + third])
    return results
