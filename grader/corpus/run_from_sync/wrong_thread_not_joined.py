# says: returns what the coroutine returns: raised IndexError
import asyncio
import threading


def run_from_sync(make_coro):
    box = []
    threading.Thread(target=lambda: box.append(asyncio.run(make_coro()))).start()
    return box[0]
