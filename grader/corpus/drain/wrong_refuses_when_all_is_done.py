# says: takes the steps in their order
import asyncio
from contextlib import suppress


async def drain(service, grace):
    service.set_ready(False)
    accepted = service.pending()
    service.flush()
    with suppress(TimeoutError):
        async with asyncio.timeout(grace):
            await service.wait_answered()
    service.refuse_new()
    cut = service.pending()
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
