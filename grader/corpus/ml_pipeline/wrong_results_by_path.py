# says: returns the results in the order of the paths
import asyncio


class MLPipeline:
    def __init__(self, load, preprocess, train, maxsize):
        self.load, self.preprocess, self.train, self.maxsize = load, preprocess, train, maxsize

    async def run(self, paths):
        first, second = asyncio.Queue(self.maxsize), asyncio.Queue(self.maxsize)
        results = {}

        async def loader():
            for path in paths:
                await first.put((path, await self.load(path)))
            await first.put(None)

        async def preprocessor():
            while job := await first.get():
                await second.put((job[0], await self.preprocess(job[1])))
            await second.put(None)

        async def trainer():
            while job := await second.get():
                results[job[0]] = await self.train(job[1])

        async with asyncio.TaskGroup() as group:
            for stage in (loader, preprocessor, trainer):
                group.create_task(stage())
        return list(results.values())
