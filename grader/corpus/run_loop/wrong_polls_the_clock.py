# says: The clock was asked again and again whether somebody is due
from collections import deque


def run_loop(coros, clock):
    ready, sleeping = deque(coros), []
    while ready or sleeping:
        if not ready:
            clock.sleep(0.05)
            now = clock.time() + 1e-9
            due = sorted((pair for pair in sleeping if pair[0] <= now), key=lambda pair: pair[0])
            ready.extend(coro for _, coro in due)
            sleeping = [pair for pair in sleeping if pair[0] > now]
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
