class Batcher:
    """Collects rows into batches for a device.

    `await batcher.submit(row)` gives the result of that row. Rows leave in the order in which
    they came, at most `max_batch` in one call of `await device(rows)`, and one call at a time.
    A batch leaves when it has `max_batch` rows, or `max_wait` seconds after its first row
    came, whichever is sooner. When the device is busy then, it leaves as soon as the device is
    free, with the rows that have come meanwhile, up to `max_batch`. Rows are collected while
    the device works, and their `max_wait` runs from when they came.

    When the device raises, every `submit` of that batch raises that error, and the next batch
    is not affected. A `submit` that is cancelled disturbs no other row; its row may be
    computed or not. A batcher is made while a loop runs.
    """

    def __init__(self, device: Device, *, max_batch: int, max_wait: float) -> None:
        raise NotImplementedError  # replace this line with your answer

    async def submit(self, row: Any) -> Any:
        raise NotImplementedError  # replace this line with your answer
