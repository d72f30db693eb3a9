import asyncio


class CircuitBreaker:
    def __init__(self, threshold, reset_after):
        self._threshold, self._reset_after = threshold, reset_after
        self._in_a_row, self._opened, self._probe = 0, None, None

    @property
    def state(self):
        if self._opened is None:
            return "closed"
        return "open" if self._probe is None else "half-open"

    async def call(self, call):
        now = asyncio.get_running_loop().time
        probe = None
        if self._opened is not None:
            if self._probe is not None or now() - self._opened < self._reset_after:
                raise CircuitOpen
            probe = self._probe = object()
        era = self._opened
        try:
            value = await call()
        except Exception:
            if probe is not None:
                self._opened = now()
            elif self._opened is era is None:
                self._in_a_row += 1
                if self._in_a_row >= self._threshold:
                    self._opened = now()
            raise
        else:
            if probe is not None:
                self._opened, self._in_a_row = None, 0
            elif self._opened is None:
                self._in_a_row = 0
            return value
        finally:
            if probe is not None:
                self._probe = None
