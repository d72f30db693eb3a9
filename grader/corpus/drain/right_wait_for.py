import asyncio


async def drain(service, grace):
    service.set_ready(False)
    before = service.pending()
    service.refuse_new()
    service.flush()
    try:
        await asyncio.wait_for(service.wait_answered(), timeout=grace)
    except TimeoutError:
        left = service.pending()
    else:
        left = 0
    await service.close()
    return {"cut": left, "answered": before - left}
