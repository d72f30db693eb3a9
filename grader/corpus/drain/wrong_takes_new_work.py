# says: It took new work until it was closed
import asyncio
from contextlib import suppress


async def drain(service, grace):
    service.set_ready(False)
    accepted = service.pending()
    service.flush()
    with suppress(TimeoutError):
        async with asyncio.timeout(grace):
            await service.wait_answered()
    cut = service.pending()
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
