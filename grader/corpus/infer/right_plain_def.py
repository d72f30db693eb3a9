import asyncio


def infer(model, batch):
    return asyncio.to_thread(model, batch)
