# says: without it, it raised KeyError
def speedup_table(times):
    table = {}
    for n, seconds in times.items():
        speedup = times[1] / seconds
        share = None if n == 1 else (n / speedup - 1) / (n - 1)
        table[n] = {"speedup": speedup, "efficiency": speedup / n, "serial_share": share}
    return table
