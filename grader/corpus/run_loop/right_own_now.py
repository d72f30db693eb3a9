import heapq
from collections import deque
from itertools import count


def run_loop(coros, clock):
    now, tickets, heap = clock.time(), count(), []
    queue = deque(coros)
    while queue or heap:
        while queue:
            coro = queue.popleft()
            for pause in coro:
                if pause is None:
                    queue.append(coro)
                else:
                    heapq.heappush(heap, (now + pause, next(tickets), coro))
                break
        if heap:
            clock.sleep(heap[0][0] - now)
            now = heap[0][0]
            while heap and heap[0][0] <= now:
                queue.append(heapq.heappop(heap)[2])
