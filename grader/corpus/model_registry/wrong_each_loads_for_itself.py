# says: loads a version once, whoever wants it meanwhile: the loads were v
import asyncio
from collections import Counter
from contextlib import asynccontextmanager


class ModelRegistry:
    def __init__(self, load):
        self.load, self.models, self.users = load, {}, Counter()
        self.current = self.before = None
        self.called = self.promoted = 0

    @asynccontextmanager
    async def lease(self, version=None):
        version = version or self.current
        if version is None:
            raise RuntimeError("no version is current")
        self.users[version] += 1
        try:
            if version not in self.models or not self.models[version].done():
                self.models[version] = asyncio.create_task(self.make(version))
            yield await asyncio.shield(self.models[version])
        finally:
            self.let_go(version)

    async def make(self, version):
        try:
            model = await asyncio.to_thread(self.load, version)
            await asyncio.to_thread(model.warm_up)
        except BaseException:
            del self.models[version]
            raise
        if not self.users[version]:
            del self.models[version]
            model.free()
        return model

    def let_go(self, version):
        self.users[version] -= 1
        if not self.users[version] and version in self.models and self.models[version].done():
            self.models.pop(version).result().free()

    async def promote(self, version):
        self.called += 1
        number = self.called
        async with self.lease(version):
            if number > self.promoted:
                self.promoted = number
                if version != self.current:
                    self.users[version] += 1
                    self.before, self.current = self.current, version
                    if self.before is not None:
                        self.let_go(self.before)

    async def rollback(self):
        if self.before is None:
            raise RuntimeError("no version was current before this one")
        await self.promote(self.before)
