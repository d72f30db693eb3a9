import asyncio
from collections import deque


class Search:
    def __init__(self, device, rows):
        self.device, self.results = device, [...] * len(rows)
        self.parts = deque([range(len(rows))] if rows else [])
        self.rows = rows

    async def step(self):
        part = self.parts.popleft()
        task = asyncio.create_task(self.device([self.rows[n] for n in part]))
        try:
            answer = await task
        except asyncio.CancelledError:
            task.cancel()
            raise
        except Exception as error:
            if len(part) > 1:
                self.parts.extend((part[::2], part[1::2]))  # the even places, the odd places
                return
            answer = [error]
        for n, result in zip(part, answer, strict=True):
            self.results[n] = result


async def run_batch(device, rows):
    search = Search(device, rows)
    while search.parts:
        await search.step()
    return search.results
