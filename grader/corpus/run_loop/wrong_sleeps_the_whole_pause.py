# says: sleeps only when none is ready, until the first is due
import heapq
from collections import deque


def run_loop(coros, clock):
    ready, sleeping, number = deque(coros), [], 0
    while ready or sleeping:
        if not ready:
            due, _, pause, _ = sleeping[0]
            clock.sleep(pause)
            while sleeping and sleeping[0][0] <= clock.time():
                ready.append(heapq.heappop(sleeping)[3])
        coro = ready.popleft()
        try:
            pause = next(coro)
        except StopIteration:
            continue
        if pause is None:
            ready.append(coro)
        else:
            number += 1
            heapq.heappush(sleeping, (clock.time() + pause, number, pause, coro))
