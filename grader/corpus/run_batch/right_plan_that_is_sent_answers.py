def plan(n):
    """A generator of ranges to try; it is sent whether that went well."""

    def go(a, b):
        ok = yield (a, b)
        if not ok and b - a > 1:
            m = (a + b) // 2
            yield from go(a, m)
            yield from go(m, b)

    return go(0, n)


async def run_batch(device, rows):
    if not rows:
        return []
    out = {}
    steps = plan(len(rows))
    where = next(steps)
    while True:
        a, b = where
        try:
            for i, x in enumerate(await device(rows[a:b]), a):
                out[i] = x
            ok = True
        except Exception as e:
            ok = False
            if b - a == 1:
                out[a] = e
        try:
            where = steps.send(ok)
        except StopIteration:
            break
    return [out[i] for i in sorted(out)]
