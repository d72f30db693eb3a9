# says: The sleeps were added up
from collections import deque


def run_loop(coros, clock):
    ready = deque(coros)
    while ready:
        coro = ready.popleft()
        try:
            pause = next(coro)
        except StopIteration:
            continue
        if pause is not None:
            clock.sleep(pause)
        ready.append(coro)
