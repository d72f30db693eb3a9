import asyncio


def two_fetches(store):
    return asyncio.gather(store.get("temperature"), store.get("humidity"))
