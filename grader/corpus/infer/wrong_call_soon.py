# says: The model ran in the event loop's own thread
import asyncio


async def infer(model, batch):
    loop = asyncio.get_running_loop()
    answer = loop.create_future()

    def compute():
        try:
            answer.set_result(model(batch))
        except Exception as error:
            answer.set_exception(error)

    loop.call_soon(compute)
    return await answer
