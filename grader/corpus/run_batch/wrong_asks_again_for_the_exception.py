# says: The device was given the same rows a second time.
BAD = object()


async def find(device, rows):
    try:
        return await device(rows)
    except Exception:
        if len(rows) == 1:
            return [BAD]
    half = len(rows) // 2
    return await find(device, rows[:half]) + await find(device, rows[half:])


async def run_batch(device, rows):
    if not rows:
        return []
    results = await find(device, rows)
    for place, result in enumerate(results):
        if result is BAD:
            try:
                results[place] = (await device([rows[place]]))[0]
            except Exception as error:
                results[place] = error
    return results
