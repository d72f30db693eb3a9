# says: Time passed, and not by `clock.sleep`
import heapq
import time
from collections import deque


def run_loop(coros, clock):
    ready, sleeping, number = deque(coros), [], 0
    while ready or sleeping:
        if not ready:
            due = sleeping[0][0]
            time.sleep(due - time.monotonic())
            while sleeping and sleeping[0][0] <= due:
                ready.append(heapq.heappop(sleeping)[2])
        coro = ready.popleft()
        try:
            pause = next(coro)
        except StopIteration:
            continue
        if pause is None:
            ready.append(coro)
        else:
            number += 1
            heapq.heappush(sleeping, (time.monotonic() + pause, number, coro))
