from __future__ import annotations


class CircuitBreaker:
    """Stops calling what fails, and tries it again later, with one call.

    `await breaker.call(call)` gives what `await call()` gives, or raises what it raises. An
    Exception is a failure. A cancelled call is neither a success nor a failure.

    *closed*: every call is made. After `threshold` failures in a row it opens; a success in
    between starts the count again. *open*: calls are not made, they raise `CircuitOpen` at
    once. When `reset_after` seconds have passed since it opened, the next call is the probe,
    and the state is *half-open* as long as it runs: all other calls raise `CircuitOpen`. When
    the probe succeeds, it is closed and the count is 0. When the probe fails, it is open for
    another `reset_after` seconds. When the probe is cancelled, the next call is the probe.

    What was called while it was closed and ends when it no longer is, counts for nothing. A
    rejected call counts for nothing. Time is that of `time.monotonic()`: the clock on the wall
    may be set.
    """

    def __init__(self, threshold: int, reset_after: float) -> None:
        raise NotImplementedError  # replace this line with your answer

    @property
    def state(self) -> str:
        """One of "closed", "open" and "half-open"; "open" until the probe begins."""
        raise NotImplementedError  # replace this line with your answer

    async def call(self, call: Call[Result]) -> Result:
        raise NotImplementedError  # replace this line with your answer
