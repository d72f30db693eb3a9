import asyncio


async def ahead(source, size):
    """The items of the source, of which up to `size` are read before they are asked for."""
    queue = asyncio.Queue(size)

    async def read():
        async for item in source:
            await queue.put(item)

    reader = asyncio.create_task(read())
    try:
        while True:
            if queue.empty() and reader.done():
                await reader  # raises what the reading raised
                return
            getting = asyncio.create_task(queue.get())
            await asyncio.wait([getting, reader], return_when=asyncio.FIRST_COMPLETED)
            if not getting.done() and queue.empty():
                getting.cancel()
                continue
            yield await getting
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)


async def produce_consume(source, sink, maxsize):
    items = ahead(source, maxsize)
    try:
        async for item in items:
            await sink.put(item)
    finally:
        await items.aclose()
