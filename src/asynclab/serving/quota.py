"""So many requests a second for each client, whatever the others do."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from asynclab.serving.refused import Refused

#: Buckets that are kept. Who has not come for longest loses theirs: it is full again by then.
MAX_CLIENTS = 10_000


class Quota:
    """A token bucket for each client; who finds theirs empty is refused and does not wait."""

    def __init__(self, token_bucket: Callable[..., Any], rate: float, burst: int) -> None:
        self._token_bucket, self._rate, self._burst = token_bucket, rate, burst
        self._buckets: OrderedDict[str, Any] = OrderedDict()

    async def take(self, client: str) -> None:
        """Count one request of the client's; Refused with 429 when it has had its share."""
        if client not in self._buckets:
            self._buckets[client] = self._token_bucket(self._rate, self._burst)
            if len(self._buckets) > MAX_CLIENTS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(client)
        try:
            async with asyncio.timeout(0):  # a token that is there is had without waiting
                await self._buckets[client].acquire()
        except TimeoutError:
            text = f"{self._rate:g} requests a second are yours, and you have used them"
            raise Refused(429, "quota", text, retry_after=1 / self._rate) from None
