# says: those due at the same instant go on in the order in which they went to sleep
import heapq
from collections import deque


def run_loop(coros, clock):
    ready, sleeping = deque(enumerate(coros)), []
    while ready or sleeping:
        if not ready:
            due = sleeping[0][0]
            clock.sleep(due - clock.time())
            while sleeping and sleeping[0][0] <= due:
                ready.append(heapq.heappop(sleeping)[1:])
        index, coro = ready.popleft()
        try:
            pause = next(coro)
        except StopIteration:
            continue
        if pause is None:
            ready.append((index, coro))
        else:
            heapq.heappush(sleeping, (clock.time() + pause, index, coro))
