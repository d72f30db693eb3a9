async def first_fetch(store):
    temperature = await store.get("temperature")
    print(temperature)
    return temperature
