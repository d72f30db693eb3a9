import asyncio
import contextlib


class ModelRegistry:
    """The current version is a lease like any other, kept on an exit stack; promotions wait in line."""

    def __init__(self, load):
        self._load = load
        self._ready, self._count = {}, {}
        self._stack = contextlib.AsyncExitStack()
        self._now = self._last = None
        self._line = asyncio.Lock()

    async def _bring(self, version):
        model = await asyncio.get_running_loop().run_in_executor(None, self._load, version)
        await asyncio.get_running_loop().run_in_executor(None, model.warm_up)
        return model

    def _came(self, version, task):
        if task.cancelled() or task.exception() is not None:
            self._ready.pop(version)
        elif not self._count.get(version):
            self._ready.pop(version)
            task.result().free()

    @contextlib.asynccontextmanager
    async def lease(self, version=None):
        if version is None:
            version = self._now
        if version is None:
            raise RuntimeError("promote a version first")
        self._count[version] = self._count.get(version, 0) + 1
        task = self._ready.get(version)
        if task is None:
            task = self._ready[version] = asyncio.create_task(self._bring(version))
            task.add_done_callback(lambda done: self._came(version, done))
        try:
            await asyncio.wait([task])
            yield task.result()
        finally:
            self._count[version] -= 1
            if not self._count[version] and self._ready.get(version) is task and task.done():
                del self._ready[version]
                task.result().free()

    async def promote(self, version):
        async with self._line:
            stack = contextlib.AsyncExitStack()
            await stack.enter_async_context(self.lease(version))
            stack, self._stack = self._stack, stack
            if version != self._now:
                self._last, self._now = self._now, version
            await stack.aclose()

    async def rollback(self):
        if self._last is None:
            raise RuntimeError("this is the first version")
        await self.promote(self._last)
