# says: they go on uploading
import asyncio


async def all_or_nothing(upload, parts, abort):
    try:
        return await asyncio.gather(*[upload(part) for part in parts])
    except BaseException:
        await abort()
        raise
