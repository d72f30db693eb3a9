# says: reads while it writes: it took
async def produce_consume(source, sink, maxsize):
    async for item in source:
        await sink.put(item)
