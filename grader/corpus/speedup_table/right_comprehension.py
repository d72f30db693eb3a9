def speedup_table(times):
    try:
        one = times[1]
    except KeyError:
        raise ValueError("no time for one worker") from None
    return {n: row(n, one / seconds) for n, seconds in sorted(times.items())}


def row(n, speedup):
    return {
        "serial_share": None if n == 1 else (n - speedup) / (speedup * (n - 1)),
        "efficiency": speedup / n,
        "speedup": speedup,
    }
