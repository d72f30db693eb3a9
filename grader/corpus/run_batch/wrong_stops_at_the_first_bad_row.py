# says: a half that works says nothing of the other half
async def run_batch(device, rows):
    """Looks for the bad row by halves, and takes the rest to be fine as it is computed once."""
    results, start, size = [], 0, len(rows)
    while start < len(rows):
        try:
            results += await device(rows[start : start + size])
            start, size = start + size, len(rows)
        except Exception as error:
            if size == 1:
                results.append(error)
                start, size = start + 1, len(rows)
                try:
                    return results + (await device(rows[start:]) if rows[start:] else [])
                except Exception as error:
                    return results + [error] * len(rows[start:])
            size = min(size, len(rows) - start) // 2
    return results
