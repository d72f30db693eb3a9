import asyncio
import contextlib


async def drain(service, grace):
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(service.close)
        service.set_ready(False)
        service.refuse_new()
        before = service.pending()
        service.flush()
        _, waiting = await asyncio.wait([asyncio.ensure_future(service.wait_answered())], timeout=grace)
        for t in waiting:
            t.cancel()
        cut = service.pending()
    return {"answered": before - cut, "cut": cut}
