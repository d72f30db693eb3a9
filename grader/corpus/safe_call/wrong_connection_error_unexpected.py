# says: tells of a ConnectionError: failed
async def safe_call(call, item_id):
    try:
        return {"id": item_id, "status": "ok", "data": await call(item_id)}
    except ValueError as error:
        return {"id": item_id, "status": "failed", "error": repr(error)}
    except Exception as error:
        return {"id": item_id, "status": "error", "error": repr(error)}
