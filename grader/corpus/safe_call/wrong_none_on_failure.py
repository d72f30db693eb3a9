# says: A failure gave None
async def safe_call(call, item_id):
    try:
        return {"id": item_id, "status": "ok", "data": await call(item_id)}
    except Exception:
        return None
