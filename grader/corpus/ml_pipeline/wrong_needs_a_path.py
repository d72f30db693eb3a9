# says: returns an empty list for no paths
import asyncio


class MLPipeline:
    def __init__(self, load, preprocess, train, maxsize):
        self.functions, self.maxsize = (load, preprocess, train), maxsize

    async def run(self, paths):
        load, preprocess, train = self.functions
        first, second = asyncio.Queue(self.maxsize), asyncio.Queue(self.maxsize)
        results = []
        last = paths[-1]

        async def loader():
            for path in paths:
                await first.put(await load(path))

        async def preprocessor():
            for _ in paths:
                await second.put(await preprocess(await first.get()))

        async def trainer():
            for _ in paths:
                results.append(await train(await second.get()))
            return last

        try:
            async with asyncio.TaskGroup() as group:
                for stage in (loader, preprocessor, trainer):
                    group.create_task(stage())
        except* Exception as errors:
            failed = errors.exceptions[0]
        else:
            return results
        raise failed
