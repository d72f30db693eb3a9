import numpy as np


def speedup_table(times):
    if 1 not in times:
        raise ValueError("one worker is the baseline")
    n, seconds = np.array(list(times)), np.array(list(times.values()))
    speedup = times[1] / seconds
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (n / speedup - 1) / (n - 1)
    return {
        int(k): {"speedup": s, "efficiency": s / k, "serial_share": None if k == 1 else float(x)}
        for k, s, x in zip(n, speedup, share, strict=True)
    }
