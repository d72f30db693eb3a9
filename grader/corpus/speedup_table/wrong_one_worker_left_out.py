# says: has a row for each number of workers
def speedup_table(times):
    if 1 not in times:
        raise ValueError("no time for one worker")
    table = {}
    for n, seconds in times.items():
        if n > 1:
            speedup = times[1] / seconds
            share = (n / speedup - 1) / (n - 1)
            table[n] = {"speedup": speedup, "efficiency": speedup / n, "serial_share": share}
    return table
