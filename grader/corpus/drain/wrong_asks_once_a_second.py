# says: closes as soon as everything is answered
import asyncio


async def drain(service, grace):
    service.set_ready(False)
    service.refuse_new()
    accepted = service.pending()
    service.flush()
    for _ in range(round(grace)):
        await asyncio.sleep(1.0)
        if not service.pending():
            break
    cut = service.pending()
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
