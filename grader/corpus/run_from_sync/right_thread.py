import asyncio
import threading


def run_from_sync(make_coro):
    result = error = None

    def target():
        nonlocal result, error
        try:
            result = asyncio.run(make_coro())
        except BaseException as raised:
            error = raised

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if error is not None:
        raise error
    return result
