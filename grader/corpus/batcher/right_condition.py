import asyncio
import contextlib
import time


class Batcher:
    def __init__(self, device, *, max_batch, max_wait):
        self.device = device
        self.max_batch = max_batch
        self.max_wait = max_wait
        self.rows = []
        self.changed = asyncio.Condition()
        self.worker = asyncio.ensure_future(self.run())

    async def submit(self, row):
        entry = {"row": row, "came": time.monotonic(), "result": asyncio.Future()}
        async with self.changed:
            self.rows.append(entry)
            self.changed.notify_all()
        return await entry["result"]

    async def run(self):
        while True:
            async with self.changed:
                await self.changed.wait_for(lambda: self.rows)
                left = self.rows[0]["came"] + self.max_wait - time.monotonic()
                if left > 0:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(
                            self.changed.wait_for(lambda: len(self.rows) >= self.max_batch), left
                        )
            batch = self.rows[: self.max_batch]
            del self.rows[: self.max_batch]
            try:
                answers = await self.device([entry["row"] for entry in batch])
            except Exception as error:
                answers = [error] * len(batch)
            for entry, answer in zip(batch, answers, strict=True):
                if entry["result"].done():
                    continue
                if isinstance(answer, Exception):
                    entry["result"].set_exception(answer)
                else:
                    entry["result"].set_result(answer)
