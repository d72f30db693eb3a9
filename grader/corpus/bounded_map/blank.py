async def bounded_map(
    func: Callable[[Item], Awaitable[Result]], items: Iterable[Item], limit: int
) -> list[Result]:
    """Return `await func(item)` for every item, in the order of `items`.

    At most `limit` calls (1 or more) are in flight, and exactly `limit` as long as there are
    items enough: when one ends, the next begins. `items` is a plain iterable, perhaps a
    generator of a million: take an item when it is needed. At most limit + 2 items have been
    taken and are not finished.

    When a call raises, that error itself goes to the caller, at once; the other calls are
    cancelled and no further one is begun. When you return, raise or are cancelled, nothing is
    in flight any more.
    """
    raise NotImplementedError  # replace this line with your answer
