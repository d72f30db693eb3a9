from asynclab.demo import Store


async def fetch_all(store: Store, keys: list[str]) -> list[float]:
    """Return the values of `keys`, in the order of `keys`.

    All fetches are in flight together, so it takes as long as the slowest one. Each key is
    asked for once.
    """
    raise NotImplementedError  # replace this line with your answer
