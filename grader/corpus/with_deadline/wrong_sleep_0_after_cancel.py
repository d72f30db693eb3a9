# says: 'close' was still in flight
import asyncio


async def with_deadline(calls, seconds):
    tasks = {n: asyncio.ensure_future(c()) for n, c in calls.items()}
    out = {"done": {}, "failed": {}, "late": []}
    if not tasks:
        return out
    try:
        done, pending = await asyncio.wait(tasks.values(), timeout=seconds)
    finally:
        for t in tasks.values():
            t.cancel()
        await asyncio.sleep(0)
    for n, t in tasks.items():
        if t in pending:
            out["late"].append(n)
        elif t.exception():
            out["failed"][n] = t.exception()
        else:
            out["done"][n] = t.result()
    return out
