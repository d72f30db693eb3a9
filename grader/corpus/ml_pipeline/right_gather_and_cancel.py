import asyncio

END = object()


class MLPipeline:
    def __init__(self, load, preprocess, train, maxsize):
        self.load, self.preprocess, self.train, self.maxsize = load, preprocess, train, maxsize

    async def run(self, paths):
        first, second = asyncio.Queue(self.maxsize), asyncio.Queue(self.maxsize)
        results = []

        async def loader():
            for path in paths:
                await first.put(await self.load(path))
            await first.put(END)

        async def preprocessor():
            while True:
                item = await first.get()
                if item is END:
                    break
                await second.put(await self.preprocess(item))
            await second.put(END)

        async def trainer():
            while True:
                item = await second.get()
                if item is END:
                    break
                results.append(await self.train(item))

        tasks = [asyncio.create_task(stage()) for stage in (loader, preprocessor, trainer)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return results
