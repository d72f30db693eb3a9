# %% [markdown]
# # The lesson that attacks hand in
# Three exercises of the course, apart from the lesson that they stand in, which may change.

# %% setup
import asyncio
import time
from collections.abc import AsyncIterator

from asynclab import check, hint, predict, progress, solution, watch
from asynclab.demo import Store

# %% demo
store = Store(latency=0.3)
await watch(store.get("user-1"))

# %% [markdown]
# ## fetch_all

# %% exercise="fetch_all"
async def fetch_all(store: Store, keys: list[str]) -> list[float]:
    """Return the values of `keys`, in the order of `keys`.

    All fetches are in flight together, so it takes as long as the slowest one. Each key is
    asked for once.
    """
    ### BEGIN SOLUTION
    return await asyncio.gather(*[store.get(key) for key in keys])
    ### END SOLUTION

# %% [markdown]
# ## fetch_first

# %% exercise="fetch_first"
async def fetch_first(replicas: list[Store], key: str) -> float:
    """Return the first answer to `get(key)` that any of the replicas gives.

    All replicas are asked at once. A replica that raises has not answered: the others may
    still do so. When all of them have failed, raise the error that came last. When you return
    or raise, nothing is in flight any more: the slower calls are cancelled, and you have
    waited until they were over.
    """
    ### BEGIN SOLUTION
    tasks = [asyncio.create_task(replica.get(key)) for replica in replicas]
    try:
        for next_answer in asyncio.as_completed(tasks):
            try:
                return await next_answer
            except Exception as error:  # a failed replica: wait for the next one
                last_error = error
        raise last_error
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    ### END SOLUTION

# %% [markdown]
# ## fetch_as_ready

# %% exercise="fetch_as_ready"
async def fetch_as_ready(store: Store, keys: list[str]) -> AsyncIterator[tuple[str, float]]:
    """Yield a pair `(key, value)` for every key, each as soon as its value is there.

    This is an async generator: it has `yield` where other functions have `return`. All fetches
    are in flight together and each key is asked for once, so the fastest value comes first,
    after its own time.
    """

    ### BEGIN SOLUTION
    async def with_key(key: str) -> tuple[str, float]:
        return key, await store.get(key)

    for pair in asyncio.as_completed([with_key(key) for key in keys]):
        yield await pair
    ### END SOLUTION
