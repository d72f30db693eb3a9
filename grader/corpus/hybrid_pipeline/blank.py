async def hybrid_pipeline(
    paths: list[str],
    store: Store,
    transform: Callable[[Any], Any],
    sink: Sink,
    *,
    limit: int,
    cores: int,
) -> None:
    """Load, transform and save every path, the three stages at the same time.

    For each path: `data = await store.get(path)`, `result = transform(data)`,
    `await sink.put(result)`. `transform` is a plain function that computes in Python: run it
    in at most `cores` processes, started once. Results may be saved in any order, each once.

    At most `limit` items have been loaded and are not saved yet. Within that limit each stage
    works on several items at once, and on the next while later stages have the ones before. So
    when `transform` is the slowest, with t seconds, and `limit` is large enough, n items take
    n / cores * t seconds, and in addition one load, one save and the start of the processes.
    The event loop stays free meanwhile.

    An error in any stage goes to the caller, itself, and no further item is begun. When you
    return or raise, no load and no save is in flight.
    """
    raise NotImplementedError  # replace this line with your answer
