def speedup_table(times):
    if times.get(1) is None:
        raise ValueError
    table = {1: {"speedup": 1, "efficiency": 1, "serial_share": None}}
    for n in times:
        if n > 1:
            ratio = times[n] / times[1]
            table[n] = {
                "speedup": 1 / ratio,
                "efficiency": 1 / ratio / n,
                "serial_share": (ratio * n - 1) / (n - 1),
            }
    return table
