import asyncio
from contextlib import asynccontextmanager


class Entry:
    """One model from the first who wants it to the last who lets it go."""

    def __init__(self, registry, version):
        self.registry, self.version, self.holders, self.model = registry, version, 0, None
        self.task = asyncio.ensure_future(self.make())

    async def make(self):
        try:
            model = await asyncio.to_thread(self.registry.load, self.version)
            await asyncio.to_thread(model.warm_up)
            self.model = model
        finally:
            if self.model is None:
                self.forget()
            self.free_if_unused()

    def forget(self):
        if self.registry.entries.get(self.version) is self:
            del self.registry.entries[self.version]

    def hold(self):
        self.holders += 1
        return self

    def release(self):
        self.holders -= 1
        self.free_if_unused()

    def free_if_unused(self):
        if self.holders == 0 and self.model is not None:
            self.forget()
            model, self.model = self.model, None
            model.free()

    async def ready(self):
        await asyncio.shield(self.task)
        return self.model


class ModelRegistry:
    def __init__(self, load):
        self.load, self.entries = load, {}
        self.current = self.previous = None
        self.tickets = self.winner = 0

    def hold(self, version):
        if version not in self.entries:
            self.entries[version] = Entry(self, version)
        return self.entries[version].hold()

    @asynccontextmanager
    async def lease(self, version=None):
        if version is None and self.current is None:
            raise RuntimeError("nothing is current")
        entry = self.hold(version) if version is not None else self.current.hold()
        try:
            yield await entry.ready()
        finally:
            entry.release()

    async def promote(self, version):
        self.tickets += 1
        ticket, entry = self.tickets, self.hold(version)
        try:
            await entry.ready()
        except BaseException:
            entry.release()
            raise
        if ticket < self.winner or entry is self.current:
            entry.release()
            return
        self.winner, old, self.current = ticket, self.current, entry
        if old is not None:
            self.previous = old.version
            old.release()

    async def rollback(self):
        if self.previous is None:
            raise RuntimeError("nothing to go back to")
        await self.promote(self.previous)
