from __future__ import annotations


async def retry(
    call: Call[Result],
    *,
    attempts: int,
    base: float,
    cap: float,
    rng: random.Random,
    retry_on: tuple[type[Exception], ...],
) -> Result:
    """Return what `await call()` gives, and call again when it fails in a way that may pass.

    At most `attempts` calls (1 or more), one after the other. Only an exception of a class in
    `retry_on` is retried; any other goes to the caller at once, and a cancellation too. When
    the last attempt fails as well, its exception goes to the caller, without another wait.

    After failure number n (1, 2, ...) wait a random time, from 0 seconds to the smaller of
    `cap` and `base * 2 ** (n - 1)`, every time in that range being as likely as any other:
    full jitter. Draw it from `rng`.
    """
    raise NotImplementedError  # replace this line with your answer
