async def worker_pool(
    items: AsyncIterable[Item], handle: Callable[[Item], Awaitable[Result]], workers: int
) -> list[Result]:
    """Return `await handle(item)` for every item, in the order of the items.

    Read with `async for item in items`, from one task: it cannot be read by two at once.
    `workers` calls (1 or more) of `handle` run at the same time, as long as there are items
    enough; when one ends, the next begins. At most 2 * workers + 1 items have been read and
    are not finished.

    When `handle` or the reading raises, raise that error itself, at once; the other calls are
    cancelled and nothing more is read. When you return, raise or are cancelled, nothing is in
    flight any more. No items: return [].
    """
    raise NotImplementedError  # replace this line with your answer
