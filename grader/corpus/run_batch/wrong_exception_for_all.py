# says: Every row has the exception, and only one of them is bad
async def run_batch(device, rows):
    try:
        return await device(rows) if rows else []
    except Exception as error:
        return [error for _ in rows]
