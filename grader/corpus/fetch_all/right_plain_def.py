import asyncio


def fetch_all(store, keys):
    return asyncio.gather(*map(store.get, keys))
