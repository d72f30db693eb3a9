# says: That the grace is over is no error of the service
import asyncio


async def drain(service, grace):
    service.set_ready(False)
    service.refuse_new()
    accepted = service.pending()
    service.flush()
    async with asyncio.timeout(grace):
        await service.wait_answered()
    cut = service.pending()
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
