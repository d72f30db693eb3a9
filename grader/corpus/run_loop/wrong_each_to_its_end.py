# says: Each generator ran to its end before the next one had its first step
def run_loop(coros, clock):
    for coro in coros:
        for pause in coro:
            if pause is not None:
                clock.sleep(pause)
