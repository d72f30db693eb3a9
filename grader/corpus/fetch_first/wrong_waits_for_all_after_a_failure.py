# says: ends when the first answer after a failure is there: it took
import asyncio


async def fetch_first(replicas, key):
    tasks = [asyncio.create_task(replica.get(key)) for replica in replicas]
    try:
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        (first,) = done
        if first.exception() is None:
            return first.result()
        last_error, values = first.exception(), []
        for next_answer in asyncio.as_completed(pending):
            try:
                values.append(await next_answer)
            except ConnectionError as error:
                last_error = error
        if values:
            return values[0]
        raise last_error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
