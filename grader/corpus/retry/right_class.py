import asyncio


class Retrying:
    def __init__(self, attempts, base, cap, rng, retry_on):
        self.left, self.bound, self.cap, self.rng, self.retry_on = attempts, base, cap, rng, retry_on

    def next_wait(self):
        wait = self.rng.uniform(0, min(self.cap, self.bound))
        self.bound *= 2
        return wait

    async def run(self, call):
        while True:
            self.left -= 1
            try:
                return await call()
            except self.retry_on:
                if not self.left:
                    raise
            await asyncio.sleep(self.next_wait())


async def retry(call, *, attempts, base, cap, rng, retry_on):
    return await Retrying(attempts, base, cap, rng, retry_on).run(call)
