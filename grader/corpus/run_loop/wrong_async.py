# says: `run_loop` is a plain function
import heapq
from collections import deque


async def run_loop(coros, clock):
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
        except StopIteration:
            continue
        if pause is None:
            ready.append(coro)
        else:
            number += 1
            heapq.heappush(sleeping, (clock.time() + pause, number, coro))
