# says: takes each step in its order and at its time: step
import heapq
from collections import deque


def run_loop(coros, clock):
    ready, sleeping, number = deque(coros), [], 0
    while ready or sleeping:
        if sleeping:
            due, _, coro = heapq.heappop(sleeping)
            clock.sleep(due - clock.time())
        else:
            coro = ready.popleft()
        try:
            pause = next(coro)
        except StopIteration:
            continue
        if pause is None:
            ready.append(coro)
        else:
            number += 1
            heapq.heappush(sleeping, (clock.time() + pause, number, coro))
