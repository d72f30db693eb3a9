import asyncio
import contextlib


class Slot:
    def __init__(self):
        self.ready = asyncio.Event()
        self.model = None
        self.error = None
        self.users = 0
        self.task = None


class ModelRegistry:
    def __init__(self, load):
        self.load = load
        self.slots = {}
        self.current = None
        self.previous = None
        self.stamp = 0
        self.won = -1

    def slot(self, v):
        s = self.slots.get(v)
        if s is None:
            s = self.slots[v] = Slot()
            s.task = asyncio.create_task(self.fill(v, s))
        return s

    async def fill(self, v, s):
        try:
            m = await asyncio.to_thread(self.load, v)
            await asyncio.to_thread(m.warm_up)
            s.model = m
        except Exception as e:
            s.error = e
        s.ready.set()
        if s.error or not s.users:
            self.drop(v, s)

    def drop(self, v, s):
        if self.slots.get(v) is s:
            del self.slots[v]
        if s.model is not None:
            m, s.model = s.model, None
            m.free()

    @contextlib.asynccontextmanager
    async def using(self, v):
        s = self.slot(v)
        s.users += 1
        try:
            await s.ready.wait()
            if s.error:
                raise s.error
            yield s
        finally:
            s.users -= 1
            if not s.users and s.ready.is_set() and not s.error:
                self.drop(v, s)

    @contextlib.asynccontextmanager
    async def lease(self, version=None):
        v = version or self.current
        if not v:
            raise RuntimeError("no current")
        async with self.using(v) as s:
            yield s.model

    async def promote(self, version):
        stamp = self.stamp
        self.stamp += 1
        async with self.using(version) as s:
            if stamp < self.won:
                return
            self.won = stamp
            if version == self.current:
                return
            s.users += 1
            old, self.current = self.current, version
            if old:
                self.previous = old
                o = self.slots[old]
                o.users -= 1
                if not o.users:
                    self.drop(old, o)

    async def rollback(self):
        if not self.previous:
            raise RuntimeError("none before")
        await self.promote(self.previous)
