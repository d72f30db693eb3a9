# says: is an `await` missing?
import asyncio


async def infer(model, batch):
    return asyncio.to_thread(model, batch)
