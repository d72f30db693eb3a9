# says: That is a limit, not an appointment
import asyncio


async def drain(service, grace):
    service.set_ready(False)
    service.refuse_new()
    accepted = service.pending()
    service.flush()
    await asyncio.sleep(grace)
    cut = service.pending()
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
