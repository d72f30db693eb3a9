import asyncio


async def run_batch(device, rows):
    lock = asyncio.Lock()

    async def part(some):
        try:
            async with lock:
                return await device(some)
        except Exception as error:
            if len(some) < 2:
                return [error]
        half = len(some) // 2
        left, right = await asyncio.gather(part(some[:half]), part(some[half:]))
        return left + right

    return await part(rows) if rows else []
