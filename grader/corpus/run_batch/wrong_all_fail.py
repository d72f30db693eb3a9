# says: Catch what the device raises, and ask it again for fewer rows.
async def run_batch(device, rows):
    if not rows:
        return []
    return await device(rows)
