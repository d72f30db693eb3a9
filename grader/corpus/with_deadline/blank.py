from __future__ import annotations


async def with_deadline(calls: dict[str, Call[Any]], seconds: float) -> dict[str, Any]:
    """Make all the calls together, and give them `seconds` in all; return what came of it.

    The result is `{"done": {name: value}, "failed": {name: error}, "late": [name, ...]}`. A
    call that gave a value in time is "done". One that raised in time is "failed", with the
    exception itself, and does not disturb the others. The rest is "late", in the order of
    `calls`: they are cancelled, and over when you return. When all have ended before the
    deadline, return then. When you are cancelled, cancel them all, wait until they are over,
    and let the CancelledError go on. No calls: return at once.
    """
    raise NotImplementedError  # replace this line with your answer
