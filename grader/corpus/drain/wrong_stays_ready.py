# says: the load balancer did not know of it
import asyncio
from contextlib import suppress


async def drain(service, grace):
    service.refuse_new()
    accepted = service.pending()
    service.flush()
    with suppress(TimeoutError):
        async with asyncio.timeout(grace):
            await service.wait_answered()
    cut = service.pending()
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
