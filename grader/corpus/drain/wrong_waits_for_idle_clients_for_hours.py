# says: Clients keep idle connections open for hours
import asyncio
from contextlib import suppress


async def drain(service, grace):
    service.set_ready(False)
    service.refuse_new()
    accepted = service.pending()
    service.flush()
    with suppress(TimeoutError):
        async with asyncio.timeout(grace):
            await service.wait_answered()
    await service.wait_disconnected()
    cut = service.pending()
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
