# says: lets a cancellation go on: the call was cancelled, and `safe_call` returned
async def safe_call(call, item_id):
    try:
        return {"id": item_id, "status": "ok", "data": await call(item_id)}
    except (ValueError, ConnectionError) as error:
        return {"id": item_id, "status": "failed", "error": repr(error)}
    except BaseException as error:
        return {"id": item_id, "status": "error", "error": repr(error)}
