# says: It flushed while it still took new work
import asyncio
from contextlib import suppress


async def drain(service, grace):
    service.set_ready(False)
    service.flush()
    service.refuse_new()
    accepted = service.pending()
    with suppress(TimeoutError):
        async with asyncio.timeout(grace):
            await service.wait_answered()
    cut = service.pending()
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
