import asyncio


async def fetch_all(store, keys):
    all_there = asyncio.get_running_loop().create_future()
    tasks = [asyncio.ensure_future(store.get(key)) for key in keys]
    left = len(tasks)

    def one_more(_):
        nonlocal left
        left -= 1
        if left == 0:
            all_there.set_result(None)

    for task in tasks:
        task.add_done_callback(one_more)
    await all_there
    return [task.result() for task in tasks]
