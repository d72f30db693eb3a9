from asynclab.demo import Store


async def fetch_first(replicas: list[Store], key: str) -> float:
    """Return the first answer to `get(key)` that any of the replicas gives.

    All replicas are asked at once. A replica that raises has not answered: the others may
    still do so. When all of them have failed, raise the error that came last. When you return
    or raise, nothing is in flight any more: the slower calls are cancelled, and you have
    waited until they were over.
    """
    raise NotImplementedError  # replace this line with your answer
