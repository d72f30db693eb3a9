# says: A TaskGroup raises a group
import asyncio
from concurrent.futures import ProcessPoolExecutor


async def preprocess_all(images, preprocess, cores):
    loop = asyncio.get_running_loop()

    async def one(pool, image):
        return await loop.run_in_executor(pool, preprocess, image)

    with ProcessPoolExecutor(cores) as pool:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(pool, image)) for image in images]
    return [task.result() for task in tasks]
