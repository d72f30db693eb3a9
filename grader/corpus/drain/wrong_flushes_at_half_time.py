# says: closes as soon as everything is answered
import asyncio
from contextlib import suppress


async def drain(service, grace):
    service.set_ready(False)
    service.refuse_new()
    accepted = service.pending()
    with suppress(TimeoutError):
        async with asyncio.timeout(grace / 2):
            await service.wait_answered()
    service.flush()
    with suppress(TimeoutError):
        async with asyncio.timeout(grace / 2):
            await service.wait_answered()
    cut = service.pending()
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
