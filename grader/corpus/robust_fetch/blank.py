from __future__ import annotations


async def robust_fetch(
    item: str,
    *,
    call: Callable[[str], Awaitable[Any]],
    breaker: Breaker,
    attempts: int,
    deadline: float,
    timeout: float,
    rng: random.Random,
) -> dict[str, Any]:
    """Fetch `await call(item)` with everything of this notebook around it; return what became
    of it.

    A try: the call, through `breaker.call(...)`, with at most `timeout` seconds for it; a call
    that takes longer is cancelled and has failed with TimeoutError, for the breaker too. At
    most `attempts` tries (1 or more): a ConnectionError or TimeoutError is tried again, after
    a wait as in `retry` with base 0.1 and cap 1.0, drawn from `rng`. All tries and waits
    together take at most `deadline` seconds.

    The result is `{"id": item, "status": "ok", "data": value}`, or `{"id": item, "status":
    status, "error": repr(error)}`: with status "failed" and the last error after the last try,
    or at once for any other Exception of the call; with status "rejected" and the
    `CircuitOpen`, at once, when the breaker did not make the call; with status "late" and a
    TimeoutError when the deadline passed. Nothing is in flight when you return. A cancellation
    goes on to your caller.
    """

    raise NotImplementedError  # replace this line with your answer
