# says: waits for a trainer that is slow
import asyncio


class MLPipeline:
    def __init__(self, load, preprocess, train, maxsize):
        self.load, self.preprocess, self.train, self.maxsize = load, preprocess, train, maxsize

    async def run(self, paths):
        first, second = asyncio.Queue(self.maxsize), asyncio.Queue()
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

        try:
            async with asyncio.TaskGroup() as group:
                for stage in (loader, preprocessor, trainer):
                    group.create_task(stage())
        except* Exception as errors:
            failed = errors.exceptions[0]
        else:
            return results
        raise failed
