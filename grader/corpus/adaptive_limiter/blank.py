class AdaptiveLimiter:
    """Lets as many calls through at once as the other side can take, and finds out how many
    that is.

        async with limiter:
            await call()

    `limiter.limit` is the number of blocks that may run at once: at first `initial`, a whole
    number, never below 1. Who comes when so many run waits. Measure how long each block takes:
    as long as it takes less than `target` seconds the other side can take more, else it is
    given too much.

    After it has settled: at least 90 % of what the other side can do, with 99 % of the blocks
    within 2 * target seconds. When the other side's capacity is halved, or comes back, it has
    settled again after 320 blocks. A block that raises or is cancelled, and a wait that is
    cancelled, gives its place back.
    """

    def __init__(self, initial: int, target: float) -> None:
        raise NotImplementedError  # replace this line with your answer

    @property
    def limit(self) -> int:
        raise NotImplementedError  # replace this line with your answer

    async def __aenter__(self) -> Self:
        raise NotImplementedError  # replace this line with your answer

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        raise NotImplementedError  # replace this line with your answer
