# says: Only the first replica was asked
async def fetch_first(replicas, key):
    for replica in replicas:
        try:
            return await replica.get(key)
        except Exception as error:
            last = error
    raise last
