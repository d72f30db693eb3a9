# says: Threads share one GIL
import asyncio


async def preprocess_all(images, preprocess, cores):
    return await asyncio.gather(*[asyncio.to_thread(preprocess, image) for image in images])
