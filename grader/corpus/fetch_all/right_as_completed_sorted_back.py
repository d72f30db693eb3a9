import asyncio


async def fetch_all(store, keys):
    async def numbered(index, key):
        return index, await store.get(key)

    pairs = [await pair for pair in asyncio.as_completed([numbered(*item) for item in enumerate(keys)])]
    return [value for _, value in sorted(pairs)]
