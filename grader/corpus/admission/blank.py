class Admission:
    """Says at the door whether a request can be answered in time.

    A client waits `budget` seconds, from when it comes to its answer. The device takes at most
    `max_batch` rows at once, in the order in which they were admitted, and takes longer for
    more rows; how long, and whether that changes, `observe` tells.

    Judged by what comes of it, over whole days of requests: at 1.2 to 3 times what the device
    can do, at least 95 % of what it can do is answered in time; at 0.8 times, at most 1 % is
    refused; after a spike, after one call that took very long, or when the device has become
    slower, it is as good again as before within a second.
    """

    def __init__(self, max_batch: int, budget: float) -> None:
        raise NotImplementedError  # replace this line with your answer

    def admit(self, now: float, waiting: int, busy_until: float) -> bool:
        """Whether to admit the request that comes `now`.

        `waiting` rows were admitted before it and are not at the device yet. `busy_until` is
        when the device is expected to be free; it is not after `now` when the device is free.
        Times in seconds.
        """
        raise NotImplementedError  # replace this line with your answer

    def observe(self, rows: int, seconds: float) -> None:
        """The device has just worked on so many rows for so long.

        Before the first `admit` it was called for a batch of 1 row and for one of `max_batch`
        rows.
        """
        raise NotImplementedError  # replace this line with your answer
