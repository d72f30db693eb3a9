import asyncio


async def fetch_first(replicas, key):
    settled = asyncio.Event()
    answers, errors = [], []

    async def ask(replica):
        try:
            answers.append(await replica.get(key))
        except Exception as error:
            errors.append(error)
        if answers or len(errors) == len(replicas):
            settled.set()

    tasks = [asyncio.create_task(ask(replica)) for replica in replicas]
    await settled.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if answers:
        return answers[0]
    raise errors[-1]
