# says: The second call starts when the first one has answered
async def two_fetches(store):
    temperature = store.get("temperature")
    humidity = store.get("humidity")
    return await temperature, await humidity
