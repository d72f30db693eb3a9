def first_fetch(store):
    return store.get("temperature")  # a coroutine object: whoever calls this awaits it
