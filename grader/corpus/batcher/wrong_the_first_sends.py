# says: Who left took others along
import asyncio


class Batcher:
    """Whoever comes first waits for the others and sends; when that one is cancelled, nobody does."""

    def __init__(self, device, *, max_batch, max_wait):
        self.device, self.max_batch, self.max_wait = device, max_batch, max_wait
        self.lock, self.open = asyncio.Lock(), None

    async def submit(self, row):
        loop = asyncio.get_running_loop()
        if self.open is not None:
            rows, futures, full = self.open
            future = loop.create_future()
            rows.append(row)
            futures.append(future)
            if len(rows) == self.max_batch:
                self.open = None
                full.set()
            return await future
        rows, futures, full = self.open = [row], [], asyncio.Event()
        if self.max_batch == 1:
            self.open = None
            full.set()
        deadline = loop.time() + self.max_wait
        async with self.lock:
            try:
                async with asyncio.timeout_at(deadline):
                    await full.wait()
            except TimeoutError:
                pass
            if self.open is not None and self.open[0] is rows:
                self.open = None
            try:
                results = await self.device(rows)
            except Exception as error:
                for future in futures:
                    future.done() or future.set_exception(error)
                raise
        for future, result in zip(futures, results[1:]):
            future.done() or future.set_result(result)
        return results[0]
