import asyncio


class Over(Exception):
    pass


async def drain(service, grace):
    service.set_ready(False)
    service.refuse_new()
    service.flush()
    n = service.pending()

    async def limit():
        await asyncio.sleep(grace)
        raise Over

    async def work(t):
        await service.wait_answered()
        t.cancel()

    try:
        async with asyncio.TaskGroup() as tg:
            t = tg.create_task(limit())
            tg.create_task(work(t))
    except* Over:
        pass
    cut = service.pending()
    await service.close()
    return {"answered": n - cut, "cut": cut}
