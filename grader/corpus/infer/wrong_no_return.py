# says: is a `return` missing?
import asyncio


async def infer(model, batch):
    await asyncio.to_thread(model, batch)
