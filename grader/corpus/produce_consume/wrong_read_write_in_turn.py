# says: nothing was read while the sink was busy
async def produce_consume(source, sink, maxsize):
    async for item in source:
        await sink.put(item)
