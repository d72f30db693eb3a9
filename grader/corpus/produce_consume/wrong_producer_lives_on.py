# says: the producer went on reading: `gather` does not stop the others
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
    kind = "item"
    while kind != "end":
        kind, what = await queue.get()
        if kind == "error":
            raise what
        if kind == "item":
            await sink.put(what)
