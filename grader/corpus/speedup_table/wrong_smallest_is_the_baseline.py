# says: without it, it returned a table
def speedup_table(times):
    table = {}
    one = times[min(times)]
    for n, seconds in times.items():
        speedup = one / seconds
        share = None if n == 1 else (n / speedup - 1) / (n - 1)
        table[n] = {"speedup": speedup, "efficiency": speedup / n, "serial_share": share}
    return table
