class PendingRows:
    """The rows that wait for the device, and the futures of those who wait for them.

    A client that leaves cancels its future. Nothing that nobody waits for is computed, and
    nobody's leaving disturbs the others: no method here raises because a future is done
    already. All methods are plain, and are called in the event loop's thread. `len(pending)`
    is how many rows wait whose client is still there.
    """

    def __init__(self) -> None:
        raise NotImplementedError  # replace this line with your answer

    def put(self, row: Any, deadline: float) -> asyncio.Future[Any]:
        """Let the row wait, and return the future that its client awaits."""
        raise NotImplementedError  # replace this line with your answer

    def take(self, max_batch: int, now: float) -> list[PendingRow]:
        """Take the next rows out, at most `max_batch`, in the order in which they were put.

        Rows whose client has left are dropped. Rows whose deadline is not after `now` are
        dropped too, and their future gets a TimeoutError. Neither takes a place in the batch.
        None left: return [].
        """
        raise NotImplementedError  # replace this line with your answer

    def answer(self, batch: list[PendingRow], results: list[Any]) -> None:
        """Give each client of the batch its result, except to those who have left since
        `take`."""
        raise NotImplementedError  # replace this line with your answer

    def fail(self, batch: list[PendingRow], error: Exception) -> None:
        """Let each client of the batch have the error, except those who have left since
        `take`."""
        raise NotImplementedError  # replace this line with your answer

    def __len__(self) -> int:
        raise NotImplementedError  # replace this line with your answer
