# says: all of them are ready before the next step is taken
import heapq
from collections import deque


def run_loop(coros, clock):
    ready, sleeping, number = deque(coros), [], 0
    while ready or sleeping:
        if not ready:
            due, _, coro = heapq.heappop(sleeping)
            if due > clock.time():
                clock.sleep(due - clock.time())
            ready.append(coro)
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
