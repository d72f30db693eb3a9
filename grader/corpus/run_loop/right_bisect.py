import bisect
from collections import deque


def run_loop(coros, clock):
    ready = deque(coros)
    sleeping = []  # sorted by due time; insort puts equal ones behind
    while ready or sleeping:
        while not ready:
            clock.sleep(max(0.0, sleeping[0][0] - clock.time()))
            while sleeping and sleeping[0][0] <= clock.time() + 1e-9:
                ready.append(sleeping.pop(0)[1])
        coro = ready.popleft()
        try:
            pause = next(coro)
        except StopIteration:
            pass
        else:
            if pause is None:
                ready.append(coro)
            else:
                bisect.insort(sleeping, (clock.time() + pause, coro), key=lambda pair: pair[0])
