import asyncio


async def bounded_map(func, items, limit):
    loop = asyncio.get_running_loop()
    source, results, running = enumerate(items), {}, set()
    over = loop.create_future()

    def start():
        try:
            number, item = next(source)
        except StopIteration:
            if not running and not over.done():
                over.set_result(None)
            return
        task = loop.create_task(func(item))
        running.add(task)
        task.add_done_callback(lambda done: ended(number, done))

    def ended(number, task):
        running.discard(task)
        if over.done() or task.cancelled():
            return
        if task.exception() is not None:
            over.set_exception(task.exception())
            return
        results[number] = task.result()
        start()

    for _ in range(limit):
        start()
    try:
        await over
    finally:
        left = list(running)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
    return [results[number] for number in sorted(results)]
