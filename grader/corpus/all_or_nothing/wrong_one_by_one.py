# says: uploads the parts together
async def all_or_nothing(upload, parts, abort):
    try:
        return [await upload(part) for part in parts]
    except BaseException:
        await abort()
        raise
