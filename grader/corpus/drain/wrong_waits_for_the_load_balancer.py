# says: closes as soon as everything is answered
import asyncio
from contextlib import suppress


async def drain(service, grace):
    service.set_ready(False)
    await asyncio.sleep(min(1.0, grace / 3))
    service.refuse_new()
    accepted = service.pending()
    service.flush()
    with suppress(TimeoutError):
        async with asyncio.timeout(grace):
            await service.wait_answered()
    cut = service.pending()
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
