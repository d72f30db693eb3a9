import asyncio
from dataclasses import dataclass, field


@dataclass
class Job:
    row: object
    came: float
    future: asyncio.Future = field(default_factory=asyncio.Future)


class Batcher:
    """An asyncio.Queue between submit and the loop that sends; a job carries the time at which it came."""

    def __init__(self, device, *, max_batch, max_wait):
        self.device, self.max_batch, self.max_wait = device, max_batch, max_wait
        self.queue = asyncio.Queue()
        self.task = asyncio.create_task(self.main())

    async def submit(self, row):
        job = Job(row, asyncio.get_running_loop().time())
        await self.queue.put(job)
        return await job.future

    async def main(self):
        while True:
            batch = [await self.queue.get()]
            while len(batch) < self.max_batch:
                try:  # what has come already goes along in any case
                    batch.append(self.queue.get_nowait())
                except asyncio.QueueEmpty:
                    left = batch[0].came + self.max_wait - asyncio.get_running_loop().time()
                    try:
                        batch.append(await asyncio.wait_for(self.queue.get(), left))
                    except TimeoutError:
                        break
            await self.send(batch)

    async def send(self, batch):
        try:
            results = await self.device([job.row for job in batch])
            for job, result in zip(batch, results, strict=True):
                if not job.future.done():
                    job.future.set_result(result)
        except Exception as error:
            for job in batch:
                if not job.future.done():
                    job.future.set_exception(error)
