# says: raises the first error itself
import asyncio


async def all_or_nothing(upload, parts, abort):
    tasks = [asyncio.ensure_future(upload(part)) for part in parts]
    try:
        return await asyncio.gather(*tasks)
    except Exception as error:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await abort()
        raise RuntimeError("the upload failed") from error
    except asyncio.CancelledError:
        await asyncio.gather(*tasks, return_exceptions=True)
        await abort()
        raise
