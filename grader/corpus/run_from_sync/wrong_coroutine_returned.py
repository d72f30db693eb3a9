# says: What you returned has not run yet
def run_from_sync(make_coro):
    return make_coro()
