# says: takes the steps in their order
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
    cut = service.pending()
    service.set_ready(True)
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
