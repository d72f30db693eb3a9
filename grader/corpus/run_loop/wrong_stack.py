# says: lets those that are ready take turns
import heapq


def run_loop(coros, clock):
    ready, sleeping, number = list(reversed(coros)), [], 0
    while ready or sleeping:
        if not ready:
            due = sleeping[0][0]
            clock.sleep(due - clock.time())
            while sleeping and sleeping[0][0] <= due:
                ready.append(heapq.heappop(sleeping)[2])
        coro = ready.pop()
        try:
            pause = next(coro)
        except StopIteration:
            continue
        number += 1
        if pause is None:
            ready.append(coro)
        else:
            heapq.heappush(sleeping, (clock.time() + pause, number, coro))
