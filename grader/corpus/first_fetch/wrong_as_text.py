# says: returns what the station answered
async def first_fetch(store):
    return f"{await store.get('temperature')}"
