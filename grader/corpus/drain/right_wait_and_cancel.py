import asyncio


async def drain(service, grace):
    for step in (lambda: service.set_ready(False), service.refuse_new, service.flush):
        step()
    counts = {"answered": service.pending(), "cut": 0}
    waiting = asyncio.create_task(service.wait_answered())
    try:
        await asyncio.wait([waiting], timeout=grace)
    finally:
        waiting.cancel()
        counts["cut"] = service.pending()
        counts["answered"] -= counts["cut"]
        await service.close()
    return counts
