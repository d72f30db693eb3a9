# says: Calls were made in batches
import asyncio
import itertools


async def bounded_map(func, items, limit):
    results, source = [], iter(items)
    while batch := list(itertools.islice(source, limit)):
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(func(item)) for item in batch]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        results += [task.result() for task in tasks]
    return results
