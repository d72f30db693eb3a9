import asyncio
from collections import OrderedDict
from itertools import islice


class Batcher:
    """A row whose client has left is taken out, and another one is the first then."""

    def __init__(self, device, *, max_batch, max_wait):
        self._device, self._max_batch, self._max_wait = device, max_batch, max_wait
        self._rows = OrderedDict()  # future -> (row, when it must leave)
        self._bell = asyncio.Event()
        self._free = asyncio.Lock()
        self._background = asyncio.create_task(self._loop())

    async def submit(self, row):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._rows[future] = (row, loop.time() + self._max_wait)
        self._bell.set()
        try:
            return await future
        finally:
            self._rows.pop(future, None)
            self._bell.set()

    async def _loop(self):
        now = asyncio.get_running_loop().time
        while True:
            self._bell.clear()
            if not self._rows:
                await self._bell.wait()
                continue
            leaves = next(iter(self._rows.values()))[1]
            if len(self._rows) < self._max_batch and now() < leaves:
                await asyncio.wait([asyncio.ensure_future(self._bell.wait())], timeout=leaves - now())
                continue
            batch = list(islice(self._rows.items(), self._max_batch))
            for future, _ in batch:
                del self._rows[future]
            await self._compute([future for future, _ in batch], [row for _, (row, _) in batch])

    async def _compute(self, futures, rows):
        results = await asyncio.gather(self._device(rows), return_exceptions=True)
        for number, future in enumerate(futures):
            if future.done():
                pass
            elif isinstance(results[0], BaseException):
                future.set_exception(results[0])
            else:
                future.set_result(results[0][number])
