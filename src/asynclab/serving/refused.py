"""The answers of a service that are none."""

from __future__ import annotations

import math


class Refused(Exception):
    """A request that gets no result: the HTTP status, one word for the metrics, a sentence for the client.

    400: your row · 404: no such version · 429: you ask too often · 503: the service is full, broken, or
    at its end, for anybody · 504: accepted, and not answered in time.
    """

    def __init__(self, status: int, reason: str, text: str, *, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.reason = reason
        #: Whole seconds, as the header says them; never 0, which would be an invitation.
        self.retry_after = None if retry_after is None else max(1, math.ceil(retry_after))
