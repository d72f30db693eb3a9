from collections.abc import AsyncIterator
from asynclab.demo import Store


async def fetch_as_ready(store: Store, keys: list[str]) -> AsyncIterator[tuple[str, float]]:
    """Yield a pair `(key, value)` for every key, each as soon as its value is there.

    This is an async generator: it has `yield` where other functions have `return`. All fetches
    are in flight together and each key is asked for once, so the fastest value comes first,
    after its own time.
    """

    raise NotImplementedError  # replace this line with your answer
