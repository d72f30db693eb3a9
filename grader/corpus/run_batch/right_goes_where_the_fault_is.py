async def attempt(device, rows):
    try:
        return await device(rows), None
    except Exception as error:
        return None, error


async def run_batch(device, rows):
    return await _known_or_not(device, rows, known_bad=False) if rows else []


async def _known_or_not(device, rows, known_bad):
    """When the left half is good, the fault is in the right one: no need to ask for it as a whole."""
    if not known_bad or len(rows) == 1:
        results, error = await attempt(device, rows)
        if error is None:
            return results
        if len(rows) == 1:
            return [error]
    half = len(rows) // 2
    left, error = await attempt(device, rows[:half])
    if error is None:
        return left + await _known_or_not(device, rows[half:], known_bad=True)
    left = [error] if half == 1 else await _known_or_not(device, rows[:half], known_bad=True)
    return left + await _known_or_not(device, rows[half:], known_bad=False)
