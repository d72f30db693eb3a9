import asyncio


async def safe_call(call, item_id):
    task = asyncio.ensure_future(call(item_id))
    await asyncio.wait([task])
    error = task.exception()
    match error:
        case None:
            return {"id": item_id, "status": "ok", "data": task.result()}
        case ValueError() | ConnectionError():
            return {"id": item_id, "status": "failed", "error": repr(error)}
        case _:
            return {"id": item_id, "status": "error", "error": repr(error)}
