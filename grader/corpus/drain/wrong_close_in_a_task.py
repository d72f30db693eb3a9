# says: It returned, and the service was not closed yet
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
    closing = asyncio.create_task(service.close())
    closing.add_done_callback(lambda task: None)
    return {"answered": accepted - cut, "cut": cut}
