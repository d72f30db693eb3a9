# says: One of the calls was cancelled, and you took it for a cancellation of your own
import asyncio


async def gather_partial(calls):
    async def safe(call):
        try:
            return await call(), None
        except Exception as error:
            return None, error

    pairs = await asyncio.gather(*map(safe, calls))
    values = {n: value for n, (value, error) in enumerate(pairs) if error is None}
    return values, {n: error for n, (value, error) in enumerate(pairs) if error is not None}
