import asyncio
from enum import StrEnum


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class CircuitBreaker:
    def __init__(self, threshold, reset_after):
        self.threshold, self.reset_after = threshold, reset_after
        self.lock = asyncio.Lock()
        self._state, self.failures, self.opened, self.era = State.CLOSED, 0, 0.0, 0

    @property
    def state(self):
        return str(self._state)

    async def _admit(self):
        async with self.lock:
            now = asyncio.get_running_loop().time()
            if self._state is State.OPEN and now - self.opened >= self.reset_after:
                self._state, self.era = State.HALF_OPEN, self.era + 1
            elif self._state is not State.CLOSED:
                raise CircuitOpen(f"try again in {self.reset_after - (now - self.opened):.1f} s")
            return self.era

    async def _tell(self, era, how):
        async with self.lock:
            if era != self.era:
                return
            if how == "cancelled":
                if self._state is State.HALF_OPEN:
                    self._state = State.OPEN
            elif how == "ok":
                self._state, self.failures = State.CLOSED, 0
            else:
                self.failures += 1
                if self._state is State.HALF_OPEN or self.failures >= self.threshold:
                    self._state, self.failures, self.era = State.OPEN, 0, self.era + 1
                    self.opened = asyncio.get_running_loop().time()

    async def call(self, call):
        era = await self._admit()
        how = "cancelled"
        try:
            result = await call()
            how = "ok"
            return result
        except Exception:
            how = "failed"
            raise
        finally:
            await self._tell(era, how)
