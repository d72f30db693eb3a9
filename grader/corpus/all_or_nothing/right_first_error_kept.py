import asyncio


async def all_or_nothing(upload, parts, abort):
    first = []

    async def one(part):
        try:
            return await upload(part)
        except Exception as error:
            first.append(error)
            raise

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(part)) for part in parts]
    except BaseException:
        await abort()
        if first:
            raise first[0] from None
        raise
    return [task.result() for task in tasks]
