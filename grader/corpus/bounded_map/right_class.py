import asyncio
import collections


class Window:
    def __init__(self, limit):
        self.limit = limit
        self.tasks = []
        self.running = collections.deque()

    async def room(self):
        while sum(not task.done() for task in self.tasks) >= self.limit:
            await asyncio.wait(
                [task for task in self.tasks if not task.done()], return_when=asyncio.FIRST_COMPLETED
            )
            self.check()

    def check(self):
        for task in self.tasks:
            if task.done() and task.exception():
                raise task.exception()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def bounded_map(func, items, limit):
    async with Window(limit) as window:
        for item in items:
            await window.room()
            window.tasks.append(asyncio.create_task(func(item)))
        if window.tasks:
            await asyncio.wait(window.tasks, return_when=asyncio.FIRST_EXCEPTION)
        window.check()
        return [task.result() for task in window.tasks]
