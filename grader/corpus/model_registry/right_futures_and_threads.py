import asyncio
import threading
from collections import defaultdict
from contextlib import asynccontextmanager


class ModelRegistry:
    """A thread for each load, which hands the model over with call_soon_threadsafe; sets of holders."""

    def __init__(self, load):
        self.load = load
        self.futures = {}
        self.holders = defaultdict(set)
        self.current, self.history = None, None
        self.order = 0
        self.done_order = 0

    def start(self, version):
        loop = asyncio.get_running_loop()
        future = self.futures[version] = loop.create_future()

        def work():
            try:
                model = self.load(version)
                model.warm_up()
            except Exception as error:
                loop.call_soon_threadsafe(self.finish, version, future, None, error)
            else:
                loop.call_soon_threadsafe(self.finish, version, future, model, None)

        threading.Thread(target=work, daemon=True).start()

    def finish(self, version, future, model, error):
        if error is not None:
            del self.futures[version]
            future.set_exception(error)
            future.exception()
        else:
            future.set_result(model)
            self.tidy(version)

    def tidy(self, version):
        future = self.futures.get(version)
        if future and future.done() and not self.holders[version]:
            del self.futures[version]
            future.result().free()

    async def hold(self, version, holder):
        self.holders[version].add(holder)
        if version not in self.futures:
            self.start(version)
        try:
            return await asyncio.shield(self.futures[version])
        except BaseException:
            self.drop(version, holder)
            raise

    def drop(self, version, holder):
        self.holders[version].remove(holder)
        self.tidy(version)

    @asynccontextmanager
    async def lease(self, version=None):
        if version is None:
            if self.current is None:
                raise RuntimeError("no version yet")
            version = self.current
        me = object()
        model = await self.hold(version, me)
        try:
            yield model
        finally:
            self.drop(version, me)

    async def promote(self, version):
        self.order += 1
        mine, me = self.order, object()
        await self.hold(version, me)
        if mine > self.done_order:
            self.done_order = mine
            if version != self.current:
                self.holders[version].add("current")
                old, self.current = self.current, version
                if old is not None:
                    self.history = old
                    self.drop(old, "current")
        self.drop(version, me)

    async def rollback(self):
        if self.history is None:
            raise RuntimeError("nothing before")
        await self.promote(self.history)
