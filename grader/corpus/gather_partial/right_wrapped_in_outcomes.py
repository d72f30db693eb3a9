import asyncio
from dataclasses import dataclass
from typing import Any


@dataclass
class Outcome:
    value: Any = None
    error: BaseException | None = None


async def gather_partial(calls):
    async def outcome(call):
        try:
            return Outcome(value=await call())
        except BaseException as error:
            return Outcome(error=error)

    outcomes = await asyncio.gather(*map(outcome, calls))
    values = {n: one.value for n, one in enumerate(outcomes) if one.error is None}
    return values, {n: one.error for n, one in enumerate(outcomes) if one.error is not None}
