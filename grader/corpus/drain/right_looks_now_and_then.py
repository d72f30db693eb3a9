import asyncio
import time


async def drain(service, grace):
    until = time.monotonic() + grace
    service.set_ready(False)
    service.refuse_new()
    pending = service.pending()
    service.flush()
    while service.pending() and time.monotonic() < until:
        await asyncio.sleep(min(0.02, max(0.0, until - time.monotonic())))
    cut = service.pending()
    await service.close()
    return {"answered": pending - cut, "cut": cut}
