import sched


def run_loop(coros, clock):
    scheduler = sched.scheduler(clock.time, clock.sleep)

    def step(coro):
        try:
            pause = next(coro)
        except StopIteration:
            return
        scheduler.enter(pause or 0, 1, step, (coro,))

    for coro in coros:
        scheduler.enter(0, 1, step, (coro,))
    scheduler.run()
