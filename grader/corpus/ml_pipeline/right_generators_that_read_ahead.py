import asyncio


class Ahead:
    """Reads an async generator from a task of its own into a queue."""

    def __init__(self, items, size, tasks):
        self.items, self.queue = items, asyncio.Queue(size)
        tasks.append(asyncio.create_task(self.fill()))

    async def fill(self):
        try:
            async for item in self.items:
                await self.queue.put(("item", item))
        except Exception as error:
            await self.queue.put(("error", error))
        else:
            await self.queue.put(("end", None))

    async def __aiter__(self):
        while True:
            kind, what = await self.queue.get()
            if kind == "end":
                return
            if kind == "error":
                raise what
            yield what


class MLPipeline:
    def __init__(self, load, preprocess, train, maxsize):
        self.load, self.preprocess, self.train, self.maxsize = load, preprocess, train, maxsize

    async def run(self, paths):
        tasks, failure = [], asyncio.get_running_loop().create_future()

        async def watched(call, item):
            try:
                return await call(item)
            except Exception as error:
                if not failure.done():
                    failure.set_exception(error)
                await asyncio.Event().wait()  # until everything is cancelled

        async def loaded():
            for path in paths:
                yield await watched(self.load, path)

        async def preprocessed():
            async for item in Ahead(loaded(), self.maxsize, tasks):
                yield await watched(self.preprocess, item)

        async def trained():
            return [
                await watched(self.train, item) async for item in Ahead(preprocessed(), self.maxsize, tasks)
            ]

        training = asyncio.create_task(trained())
        tasks.append(training)
        try:
            await asyncio.wait([training, failure], return_when=asyncio.FIRST_COMPLETED)
            return failure.result() if failure.done() else training.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
