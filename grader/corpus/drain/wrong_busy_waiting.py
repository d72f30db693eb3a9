# says: a task keeps giving the loop back without waiting for anything
# verdict: stopped
import asyncio
from contextlib import suppress


async def drain(service, grace):
    service.set_ready(False)
    service.refuse_new()
    accepted = service.pending()
    service.flush()
    with suppress(TimeoutError):
        async with asyncio.timeout(grace):
            while service.pending():
                await asyncio.sleep(0)
    cut = service.pending()
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
