import asyncio


async def produce_consume(source, sink, maxsize):
    queue = asyncio.Queue(maxsize)

    async def write():
        while True:
            box = await queue.get()
            if not box:
                return
            await sink.put(box[0])

    writer = asyncio.create_task(write())

    async def hand_over(box):
        """Put it, unless the writer ends first."""
        putting = asyncio.create_task(queue.put(box))
        try:
            await asyncio.wait([putting, writer], return_when=asyncio.FIRST_COMPLETED)
        finally:
            putting.cancel()

    reading = None
    try:
        there_may_be_more = True
        iterator = aiter(source)
        while there_may_be_more and not writer.done():
            reading = asyncio.ensure_future(anext(iterator))
            await asyncio.wait([reading, writer], return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                break
            if isinstance(reading.exception(), StopAsyncIteration):
                there_may_be_more = False
            else:
                await hand_over([reading.result()])
        if not writer.done():
            await hand_over([])
        await writer
    finally:
        rest = [task for task in (reading, writer) if task is not None]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
