import asyncio


async def all_or_nothing(upload, parts, abort):
    first = asyncio.get_running_loop().create_future()

    def ended(task):
        if not task.cancelled() and task.exception() and not first.done():
            first.set_exception(task.exception())

    tasks = [asyncio.ensure_future(upload(part)) for part in parts]
    for task in tasks:
        task.add_done_callback(ended)
    everything = asyncio.gather(*tasks, return_exceptions=True)
    try:
        await asyncio.wait([first, everything], return_when=asyncio.FIRST_COMPLETED)
        if first.done():
            await first
    except BaseException:
        everything.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(everything, return_exceptions=True)
        await abort()
        raise
    first.cancel()
    return everything.result()
