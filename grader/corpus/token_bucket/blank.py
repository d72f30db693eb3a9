class TokenBucket:
    """Lets `rate` tokens a second through, after a burst of at most `burst`.

    The bucket holds `burst` tokens at first. It gains `rate` tokens a second, evenly, and
    never holds more than `burst`. `await acquire(n)` takes n tokens (1 or more) as soon as
    there are n, to the microsecond and not earlier. Who came first is served first: a small
    request does not overtake a big one.

    `acquire(n)` with n > burst raises ValueError at once and takes nothing. Who is cancelled
    while waiting takes nothing, and those behind move up. Time is that of `time.monotonic()`:
    the clock on the wall may be set.
    """

    def __init__(self, rate: float, burst: int) -> None:
        raise NotImplementedError  # replace this line with your answer

    async def acquire(self, n: int = 1) -> None:
        raise NotImplementedError  # replace this line with your answer
