def run_loop(coros, clock):
    ready, sleeping = list(coros), []
    while ready or sleeping:
        if not ready:
            due = min(when for when, _ in sleeping)
            clock.sleep(due - clock.time())
            ready = [coro for when, coro in sleeping if when == due]
            sleeping = [pair for pair in sleeping if pair[0] != due]
        coro = ready.pop(0)
        try:
            pause = next(coro)
        except StopIteration:
            continue
        if pause is None:
            ready.append(coro)
        else:
            sleeping.append((clock.time() + pause, coro))
