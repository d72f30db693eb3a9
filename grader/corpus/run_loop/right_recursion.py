def run_loop(coros, clock, sleeping=()):
    """One round each: a step of all that are ready, then the next round."""
    again, asleep = [], list(sleeping)
    for coro in coros:
        try:
            pause = coro.send(None)
        except StopIteration:
            continue
        if pause is None:
            again.append(coro)
        else:
            asleep.append((clock.time() + pause, coro))
    if again:
        return run_loop(again, clock, asleep)
    if asleep:
        first = min(due for due, _ in asleep)
        clock.sleep(first - clock.time())
        woken = [coro for due, coro in asleep if due <= first]
        return run_loop(woken, clock, [pair for pair in asleep if pair[0] > first])
    return None
