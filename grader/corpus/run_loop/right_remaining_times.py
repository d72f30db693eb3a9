def run_loop(coros, clock):
    """Every sleeper knows how long it still has to sleep."""
    ready, rest = list(coros), {}
    while ready or rest:
        if not ready:
            shortest = min(rest.values())
            clock.sleep(shortest)
            for coro in list(rest):
                rest[coro] -= shortest
                if rest[coro] == 0:
                    ready.append(coro)
                    del rest[coro]
        coro, *ready = ready
        pause = next(coro, False)
        if pause is None:
            ready.append(coro)
        elif pause is not False:
            rest[coro] = pause
