async def results_of(device, rows):
    try:
        results = await device(rows)
    except Exception as error:
        if len(rows) == 1:
            yield error
            return
        half = (len(rows) + 1) // 2
        for part in rows[:half], rows[half:]:
            async for result in results_of(device, part):
                yield result
    else:
        for result in results:
            yield result


async def run_batch(device, rows):
    return [result async for result in results_of(device, rows)] if rows else []
