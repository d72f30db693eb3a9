import asyncio


class MLPipeline:
    """A task for each path that holds one stage after the other; the stages are locks."""

    def __init__(self, load, preprocess, train, maxsize):
        self.functions, self.maxsize = (load, preprocess, train), maxsize

    async def run(self, paths):
        locks = [asyncio.Lock() for _ in range(3)]
        room = asyncio.Semaphore(2 * self.maxsize + 3)
        tasks = []

        async def one(item):
            try:
                for lock, function in zip(locks, self.functions, strict=True):
                    async with lock:
                        item = await function(item)
                return item
            finally:
                room.release()

        try:
            async with asyncio.TaskGroup() as group:
                for path in paths:
                    await room.acquire()
                    tasks.append(group.create_task(one(path)))
        except* Exception as errors:
            first = errors.exceptions[0]
        else:
            return [task.result() for task in tasks]
        raise first
