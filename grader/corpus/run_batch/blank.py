async def run_batch(device: Device, rows: list[Any]) -> list[Any]:
    """Return for each row its result or, for a bad row, the exception: bad rows do not spoil
    the others.

    `await device(rows)` gives one result for each row, in order, or raises when any of the
    rows is bad, without saying which. A bad row's entry is the exception that the device
    raised for that row alone.

    One call of the device at a time, and never twice with the same rows. When no row is bad,
    one call. When one of n rows is bad (n a power of two), at most 1 + 2 * log2(n) calls. No
    rows: return [], without a call. A cancellation goes on to your caller.
    """
    raise NotImplementedError  # replace this line with your answer
