import asyncio
from collections import defaultdict
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial


class ModelRegistry:
    def __init__(self, load):
        self.load = load
        self.futures, self.refs = {}, defaultdict(int)
        self.history, self.held = [], AsyncExitStack()
        self.turn = asyncio.Semaphore(1)

    def _load_and_warm(self, v):
        model = self.load(v)
        model.warm_up()
        return model

    @asynccontextmanager
    async def lease(self, version=None):
        if version is None:
            if not self.history:
                raise RuntimeError("nothing promoted")
            version = self.history[-1]
        self.refs[version] += 1
        try:
            if version not in self.futures:
                f = asyncio.get_running_loop().run_in_executor(None, self._load_and_warm, version)
                self.futures[version] = f
                f.add_done_callback(partial(self._loaded, version))
            yield await asyncio.shield(self.futures[version])
        finally:
            self.refs[version] -= 1
            f = self.futures.get(version)
            if f is not None and f.done() and not self.refs[version] and not f.exception():
                del self.futures[version]
                f.result().free()

    def _loaded(self, version, f):
        if f.exception() is not None:
            self.futures.pop(version, None)
        elif not self.refs[version]:
            del self.futures[version]
            f.result().free()

    async def promote(self, version):
        async with self.turn:
            if self.history[-1:] == [version]:
                return
            stack = AsyncExitStack()
            await stack.enter_async_context(self.lease(version))
            self.history.append(version)
            old, self.held = self.held, stack
            await old.aclose()

    async def rollback(self):
        if len(self.history) < 2:
            raise RuntimeError("first")
        await self.promote(self.history[-2])
