import asyncio


async def fetch_first(replicas, key):
    tasks, answers, errors = [], [], []

    async def ask(replica):
        try:
            answers.append(await replica.get(key))
        except Exception as error:
            errors.append(error)
        else:
            for task in tasks:
                if task is not asyncio.current_task():
                    task.cancel()

    async with asyncio.TaskGroup() as group:
        tasks += [group.create_task(ask(replica)) for replica in replicas]
    if answers:
        return answers[0]
    raise errors[-1]
