# says: raised TypeError
import asyncio


async def infer(model, batch):
    return await asyncio.to_thread(model(batch))
