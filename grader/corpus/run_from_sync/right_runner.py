import asyncio
import contextvars
import threading
from concurrent.futures import Future


def run_from_sync(make_coro):
    future = Future()
    context = contextvars.copy_context()

    def work():
        with asyncio.Runner() as runner:
            try:
                future.set_result(runner.run(make_coro(), context=context))
            except Exception as error:
                future.set_exception(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return future.result()
