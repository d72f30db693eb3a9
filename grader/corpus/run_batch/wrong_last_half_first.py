# says: right values in another order
async def run_batch(device, rows):
    results, doubtful = [], [rows] if rows else []
    while doubtful:
        part = doubtful.pop()
        try:
            results += await device(part)
        except Exception as error:
            if len(part) == 1:
                results.append(error)
            else:
                half = len(part) // 2
                doubtful += [part[:half], part[half:]]
    return results
