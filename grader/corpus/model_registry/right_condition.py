import asyncio


class Lease:
    def __init__(self, registry, version):
        self.registry, self.version = registry, version

    async def __aenter__(self):
        if self.version is None:
            self.version = self.registry.current
        if self.version is None:
            raise RuntimeError("no current version")
        return await self.registry.acquire(self.version)

    async def __aexit__(self, *error):
        self.registry.release(self.version)


class ModelRegistry:
    """Who waits sleeps on one condition; each version is absent, "loading" or a model."""

    def __init__(self, load):
        self.load = load
        self.state, self.error, self.wanted = {}, {}, {}
        self.current = self.older = None
        self.changed = asyncio.Condition()
        self.serial, self.shown = 0, 0
        self.loaders = set()

    def lease(self, version=None):
        return Lease(self, version)

    async def acquire(self, version):
        self.wanted[version] = self.wanted.get(version, 0) + 1
        try:
            if version not in self.state:
                self.state[version] = "loading"
                self.error.pop(version, None)
                task = asyncio.create_task(self.fetch(version))
                self.loaders.add(task)
                task.add_done_callback(self.loaders.discard)
            async with self.changed:
                await self.changed.wait_for(lambda: self.state.get(version) != "loading")
            if version not in self.state:
                raise self.error[version]
            return self.state[version]
        except BaseException:
            self.release(version)
            raise

    async def fetch(self, version):
        try:
            model = await asyncio.to_thread(self.load, version)
            await asyncio.to_thread(model.warm_up)
            self.state[version] = model
        except Exception as error:
            self.error[version] = error
            del self.state[version]
        async with self.changed:
            self.changed.notify_all()
        self.wanted[version] += 1
        self.release(version)

    def release(self, version):
        self.wanted[version] -= 1
        if self.wanted[version] == 0 and self.state.get(version, "loading") != "loading":
            self.state.pop(version).free()

    async def promote(self, version):
        self.serial += 1
        serial = self.serial
        await self.acquire(version)
        if self.shown > serial or version == self.current:
            self.release(version)
            return
        self.shown = serial
        self.current, gone = version, self.current
        if gone is not None:
            self.older = gone
            self.release(gone)

    async def rollback(self):
        if self.older is None:
            raise RuntimeError("no older version")
        await self.promote(self.older)
