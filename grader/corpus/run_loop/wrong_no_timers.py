# says: No time passed: a step that yields a number was treated like one that yields None
from collections import deque


def run_loop(coros, clock):
    ready = deque(coros)
    while ready:
        coro = ready.popleft()
        try:
            next(coro)
        except StopIteration:
            continue
        ready.append(coro)
