# says: tells of a ValueError: failed
async def safe_call(call, item_id):
    try:
        return {"id": item_id, "status": "ok", "data": await call(item_id)}
    except Exception as error:
        return {"id": item_id, "status": "error", "error": repr(error)}
