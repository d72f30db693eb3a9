# says: stopped
# verdict: stopped
from collections import deque


def run_loop(coros, clock):
    ready, sleeping = deque(coros), []
    while ready or sleeping:
        for pair in list(sleeping):
            if pair[0] <= clock.time():
                sleeping.remove(pair)
                ready.append(pair[1])
        if not ready:
            continue
        coro = ready.popleft()
        try:
            pause = next(coro)
        except StopIteration:
            continue
        if pause is None:
            ready.append(coro)
        else:
            sleeping.append((clock.time() + pause, coro))
