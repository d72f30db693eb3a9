# says: Made no call
async def first_fetch(store):
    return 21.5
