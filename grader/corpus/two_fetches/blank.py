import asyncio

from asynclab.demo import Store


async def two_fetches(store: Store) -> tuple[float, float]:
    """Return the values of "temperature" and "humidity", in this order.

    Both fetches are in flight together, so both values are there in the time of one. Each is
    asked for once.
    """
    raise NotImplementedError  # replace this line with your answer
