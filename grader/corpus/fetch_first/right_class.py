import asyncio


class Race:
    def __init__(self, calls):
        self.tasks = [asyncio.ensure_future(call) for call in calls]

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def winner(self):
        running = self.tasks
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            answers = [task for task in done if not task.exception()]
            if answers:
                return answers[0].result()
        return done.pop().result()  # the last to end, and it failed


async def fetch_first(replicas, key):
    async with Race([replica.get(key) for replica in replicas]) as race:
        return await race.winner()
