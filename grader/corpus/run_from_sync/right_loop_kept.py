import asyncio
import threading

loop = asyncio.new_event_loop()


def run_from_sync(make_coro):
    box = []

    def work():
        box.extend(loop.run_until_complete(asyncio.gather(make_coro_as_task(), return_exceptions=True)))

    async def make_coro_as_task():
        return await make_coro()

    def start():
        asyncio.set_event_loop(loop)
        work()

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    if isinstance(box[0], BaseException):
        raise box[0]
    return box[0]
