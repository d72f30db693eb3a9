# says: tells of a ConnectionError: failed
async def safe_call(call, item_id):
    try:
        return {"id": item_id, "status": "ok", "data": await call(item_id)}
    except Exception as e:
        return {
            "id": item_id,
            "status": "failed" if type(e) in (ValueError, ConnectionError) else "error",
            "error": repr(e),
        }
