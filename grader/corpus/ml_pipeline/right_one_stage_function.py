import asyncio


class MLPipeline:
    def __init__(self, load, preprocess, train, maxsize):
        self.stages = load, preprocess, train
        self.maxsize = maxsize

    async def run(self, paths):
        queues = [asyncio.Queue() for _ in range(4)]
        for queue in queues[1:3]:
            queue._maxsize = self.maxsize  # noqa: SLF001
        for path in paths:
            queues[0].put_nowait((path,))
        queues[0].put_nowait(())

        async def stage(function, source, target):
            while box := await source.get():
                await target.put((await function(*box),))
            await target.put(())

        try:
            async with asyncio.TaskGroup() as group:
                for number, function in enumerate(self.stages):
                    group.create_task(stage(function, queues[number], queues[number + 1]))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [box[0] for box in queues[3]._queue if box]  # noqa: SLF001
