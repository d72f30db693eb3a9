import asyncio


async def safe_call(call, item_id):
    (result,) = await asyncio.gather(call(item_id), return_exceptions=True)
    if isinstance(result, asyncio.CancelledError):
        raise result
    if isinstance(result, (ValueError, ConnectionError)):
        return {"id": item_id, "status": "failed", "error": repr(result)}
    if isinstance(result, Exception):
        return {"id": item_id, "status": "error", "error": repr(result)}
    return {"id": item_id, "status": "ok", "data": result}
