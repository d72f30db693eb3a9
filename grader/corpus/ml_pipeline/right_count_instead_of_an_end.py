import asyncio


class MLPipeline:
    def __init__(self, load, preprocess, train, maxsize):
        self._functions = load, preprocess, train
        self._maxsize = maxsize

    async def run(self, paths):
        load, preprocess, train = self._functions
        loaded, ready = asyncio.Queue(self._maxsize), asyncio.Queue(self._maxsize)

        async def loading():
            for path in paths:
                await loaded.put(await load(path))

        async def preprocessing():
            for _ in paths:
                await ready.put(await preprocess(await loaded.get()))

        feeders = [asyncio.create_task(loading()), asyncio.create_task(preprocessing())]

        async def training():
            return [await train(await ready.get()) for _ in paths]

        trainer = asyncio.create_task(training())
        try:
            pending = {*feeders, trainer}
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            return trainer.result()
        finally:
            for task in (*feeders, trainer):
                task.cancel()
            await asyncio.gather(*feeders, trainer, return_exceptions=True)
