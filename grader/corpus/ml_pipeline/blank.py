class MLPipeline:
    """Three stages, one task each, with a queue of at most `maxsize` items (1 or more) between
    two of them.

    `await pipeline.run(paths)` does `await train(await preprocess(await load(path)))` for
    every path and returns what `train` gave, in the order of `paths`. Each stage works on
    one item at a time, the items in order, and all three stages work at the same time: for
    many items it takes the time of the slowest stage. At most 2 * maxsize + 3 items have
    been loaded and are not trained. Any value can be an item.

    When a stage raises, raise that error itself, at once: the other stages are cancelled and
    begin no further item. When you return, raise or are cancelled, nothing is in flight any
    more. No paths: return []. A pipeline can be run again.
    """

    def __init__(
        self,
        load: Callable[[str], Awaitable[Any]],
        preprocess: Callable[[Any], Awaitable[Any]],
        train: Callable[[Any], Awaitable[Any]],
        maxsize: int,
    ) -> None:
        raise NotImplementedError  # replace this line with your answer

    async def run(self, paths: list[str]) -> list[Any]:
        raise NotImplementedError  # replace this line with your answer
