# says: An error in a thread stays in the thread
import asyncio
import threading


def run_from_sync(make_coro):
    box = [None]
    thread = threading.Thread(target=lambda: box.insert(0, asyncio.run(make_coro())))
    thread.start()
    thread.join()
    return box[0]
