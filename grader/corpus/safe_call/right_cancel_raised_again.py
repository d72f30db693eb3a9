import asyncio


async def safe_call(call, item_id):
    try:
        return {"id": item_id, "status": "ok", "data": await call(item_id)}
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        expected = isinstance(error, ValueError | ConnectionError)
        return {"id": item_id, "status": "failed" if expected else "error", "error": repr(error)}
