import asyncio
import collections
import threading


class DeviceWorker:
    def __init__(self, model):
        self.model = model
        self.jobs = collections.deque()
        self.changed = threading.Condition()
        self.open = True
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            with self.changed:
                while not self.jobs:
                    if not self.open:
                        return
                    self.changed.wait()
                rows, tell = self.jobs.popleft()
            try:
                tell("set_result", self.model(rows))
            except Exception as error:
                tell("set_exception", error)

    async def run(self, rows):
        loop = asyncio.get_running_loop()
        answer = loop.create_future()

        def settle(method, value):
            if not answer.done():
                getattr(answer, method)(value)

        with self.changed:
            if not self.open:
                raise RuntimeError("run after close")
            self.jobs.append((rows, lambda *args: loop.call_soon_threadsafe(settle, *args)))
            self.changed.notify()
        return await answer

    def close(self):
        with self.changed:
            self.open = False
            self.changed.notify()
