import asyncio


class Drain:
    """Whichever comes first, the last answer or the end of the grace, sets the event."""

    def __init__(self, service):
        self.service, self.over = service, asyncio.Event()

    async def watch(self):
        await self.service.wait_answered()
        self.over.set()

    async def run(self, grace):
        self.service.set_ready(False)
        self.service.refuse_new()
        begun = self.service.pending()
        self.service.flush()
        timer = asyncio.get_running_loop().call_later(grace, self.over.set)
        watching = asyncio.ensure_future(self.watch())
        await self.over.wait()
        timer.cancel()
        watching.cancel()
        left = self.service.pending()
        await self.service.close()
        return {"answered": begun - left, "cut": left}


async def drain(service, grace):
    return await Drain(service).run(grace)
