import heapq


class Task:
    def __init__(self, coro, number):
        self.coro, self.number, self.due = coro, number, 0.0

    def __lt__(self, other):
        return (self.due, self.number) < (other.due, other.number)


class Loop:
    def __init__(self, coros, clock):
        self.clock, self.number, self.sleeping = clock, 0, []
        self.ready = [Task(coro, 0) for coro in coros]

    def step(self, task):
        pause = next(task.coro, "end")
        if pause is None:
            self.ready.append(task)
        elif pause != "end":
            self.number += 1
            task.number, task.due = self.number, self.clock.time() + pause
            heapq.heappush(self.sleeping, task)

    def wake(self):
        self.clock.sleep(max(0, self.sleeping[0].due - self.clock.time()))
        while self.sleeping and self.sleeping[0].due <= self.clock.time():
            self.ready.append(heapq.heappop(self.sleeping))

    def run(self):
        while self.ready or self.sleeping:
            if not self.ready:
                self.wake()
            self.step(self.ready.pop(0))


def run_loop(coros, clock):
    Loop(coros, clock).run()
