import asyncio
import queue
import threading


class Runner(threading.Thread):
    def __init__(self, make_coro):
        super().__init__()
        self.make_coro = make_coro
        self.answer = queue.Queue()

    def run(self):
        loop = asyncio.new_event_loop()
        try:
            self.answer.put((True, loop.run_until_complete(self.make_coro())))
        except Exception as error:
            self.answer.put((False, error))
        finally:
            loop.close()


def run_from_sync(make_coro):
    runner = Runner(make_coro)
    runner.start()
    good, value = runner.answer.get()
    runner.join()
    if not good:
        raise value
    return value
