# says: Only the first replica was asked
async def fetch_first(replicas, key):
    return await replicas[0].get(key)
