async def run_batch(device, rows):
    """What is in doubt lies on a stack, as (first row, row after the last)."""
    results = [None] * len(rows)
    doubtful = [(0, len(rows))] if rows else []
    while doubtful:
        start, stop = doubtful.pop()
        try:
            results[start:stop] = await device(rows[start:stop])
        except Exception as error:
            if stop - start == 1:
                results[start] = error
            else:
                middle = (start + stop) // 2
                doubtful += [(middle, stop), (start, middle)]
    return results
