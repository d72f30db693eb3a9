# says: the event loop could not run anything else for
import asyncio


async def infer(model, batch):
    async def compute():
        return model(batch)

    return await asyncio.create_task(compute())
