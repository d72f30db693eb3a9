import asyncio


async def produce_consume(source, sink, maxsize):
    queue = asyncio.Queue(maxsize)

    async def read():
        try:
            async for item in source:
                await queue.put(("item", item))
        except Exception as error:
            await queue.put(("error", error))
        else:
            await queue.put(("end", None))

    reader = asyncio.create_task(read())
    try:
        while True:
            kind, what = await queue.get()
            if kind == "error":
                raise what
            if kind == "end":
                return
            await sink.put(what)
    finally:
        reader.cancel()
        await asyncio.wait([reader])
