# says: gives everybody at once the version that is current
import asyncio
from contextlib import asynccontextmanager


class ModelRegistry:
    def __init__(self, load):
        self.load = load
        self.models = {}
        self.default_version = None

    async def promote(self, version):
        loop = asyncio.get_event_loop()
        model = await loop.run_in_executor(None, self.load, version)
        self.models[version] = model
        if self.default_version is None:
            self.default_version = version

    @asynccontextmanager
    async def lease(self, version=None):
        if version is None:
            version = self.default_version
        if version not in self.models:
            await self.promote(version)
        yield self.models[version]

    async def rollback(self):
        raise RuntimeError("not yet")
