# says: Each call leaves a thread behind
import asyncio
import threading


def run_from_sync(make_coro):
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return asyncio.run_coroutine_threadsafe(make_coro(), loop).result()
