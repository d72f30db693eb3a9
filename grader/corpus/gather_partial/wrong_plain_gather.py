# says: One failure ended everything
import asyncio


async def gather_partial(calls):
    return dict(enumerate(await asyncio.gather(*[call() for call in calls]))), {}
