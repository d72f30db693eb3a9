async def run_batch(device, rows):
    out = []
    tried = {}

    async def ask(a, b):
        if (a, b) not in tried:
            try:
                tried[a, b] = (await device(rows[a:b]), None)
            except Exception as e:
                tried[a, b] = (None, e)
        return tried[a, b]

    start = 0
    while start < len(rows):
        res, err = await ask(start, len(rows))
        if err is None:
            return out + res
        lo, hi, best = start, len(rows), []  # rows[start:lo] good, rows[start:hi] bad
        while hi - lo > 1:
            mid = (lo + hi) // 2
            res, err = await ask(start, mid)
            if err is None:
                lo, best = mid, res
            else:
                hi = mid
        out += best
        res, err = await ask(lo, lo + 1)
        out.append(res[0] if err is None else err)
        start = lo + 1
    return out
