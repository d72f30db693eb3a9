# says: `MLPipeline.loader` waits in `Queue.put`
# verdict: stopped
import asyncio


class MLPipeline:
    def __init__(self, load, preprocess, train, maxsize):
        self.load_file, self.preprocess, self.train_batch = load, preprocess, train
        self.load_queue = asyncio.Queue(maxsize=maxsize)
        self.preprocess_queue = asyncio.Queue(maxsize=maxsize)
        self.semaphore = asyncio.Semaphore(maxsize)

    async def loader(self, file_paths):
        """Load data with backpressure from queue."""
        for path in file_paths:
            data = await self.load_file(path)
            await self.load_queue.put(data)
        await self.load_queue.put(None)  # Signal completion

    async def preprocessor(self):
        while True:
            data = await self.load_queue.get()
            if data is None:
                await self.preprocess_queue.put(None)
                self.load_queue.task_done()
                break
            async with self.semaphore:  # Limit concurrent preprocessing
                processed = await self.preprocess(data)
            await self.preprocess_queue.put(processed)
            self.load_queue.task_done()

    async def trainer(self):
        results = []
        while True:
            batch = await self.preprocess_queue.get()
            if batch is None:
                self.preprocess_queue.task_done()
                break
            results.append(await self.train_batch(batch))
            self.preprocess_queue.task_done()
        return results

    async def run(self, file_paths):
        _, _, results = await asyncio.gather(
            self.loader(file_paths), self.preprocessor(), self.trainer()
        )
        return results
