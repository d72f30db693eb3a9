# says: `async def` alone moves no work to another core
import asyncio


async def preprocess_all(images, preprocess, cores):
    async def one(image):
        return preprocess(image)

    return await asyncio.gather(*[one(image) for image in images])
