# says: With one worker there is nothing to share
def speedup_table(times):
    if 1 not in times:
        raise ValueError("no time for one worker")
    table = {}
    for n, seconds in times.items():
        speedup = times[1] / seconds
        table[n] = {
            "speedup": speedup,
            "efficiency": speedup / n,
            "serial_share": (n / speedup - 1) / (n - 1),
        }
    return table
