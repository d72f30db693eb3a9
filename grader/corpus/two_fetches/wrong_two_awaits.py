# says: The second call starts when the first one has answered
async def two_fetches(store):
    temperature = await store.get("temperature")
    humidity = await store.get("humidity")
    return temperature, humidity
