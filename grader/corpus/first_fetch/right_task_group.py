import asyncio


async def first_fetch(store):
    async with asyncio.TaskGroup() as group:
        fetch = group.create_task(store.get("temperature"))
    return fetch.result()
