# says: Row after row: one bad row costs a call for each of the others.
async def run_batch(device, rows):
    if not rows:
        return []
    try:
        return await device(rows)
    except Exception as error:
        if len(rows) == 1:
            return [error]
    return [(await run_batch(device, [row]))[0] for row in rows]
