def run_from_sync(make_coro: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Return what the coroutine that `make_coro()` makes returns, or raise what it raises.

    This is a plain function, and an event loop is running already in the thread that calls it.
    It waits until the result is there; that the loop stands still meanwhile, and runs no other
    task, is the price of a plain function. So do without `nest_asyncio`. A loop that you start
    has stopped when you return.
    """
    raise NotImplementedError  # replace this line with your answer
