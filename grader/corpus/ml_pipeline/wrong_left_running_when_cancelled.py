# says: stops everything when it is cancelled
import asyncio


class MLPipeline:
    def __init__(self, load, preprocess, train, maxsize):
        self.load, self.preprocess, self.train, self.maxsize = load, preprocess, train, maxsize

    async def run(self, paths):
        first, second = asyncio.Queue(self.maxsize), asyncio.Queue(self.maxsize)
        end, results = object(), []

        async def loader():
            for path in paths:
                await first.put(await self.load(path))
            await first.put(end)

        async def preprocessor():
            while (item := await first.get()) is not end:
                await second.put(await self.preprocess(item))
            await second.put(end)

        async def trainer():
            while (item := await second.get()) is not end:
                results.append(await self.train(item))

        tasks = [asyncio.create_task(stage()) for stage in (loader, preprocessor, trainer)]
        done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for task in done:
            task.result()
        return results
