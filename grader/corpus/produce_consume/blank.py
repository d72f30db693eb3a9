async def produce_consume(source: AsyncIterable[Any], sink: Sink, maxsize: int) -> None:
    """Bring every item of the source to the sink, in order, through a queue of at most
    `maxsize` items.

    Read with `async for item in source`, write with `await sink.put(item)`, one item at a time
    each. Reading goes on while the sink is busy, until the queue is full: at most maxsize + 2
    items (maxsize is 1 or more) have been read and are not written. Any value can be an item,
    None too. Return when the last item is written.

    When the source raises, raise that error itself; what was read before may be written or
    not. When the sink raises, raise that error itself, at once, and read no further. When you
    return, raise or are cancelled, nothing is in flight any more.
    """
    raise NotImplementedError  # replace this line with your answer
