# says: `str(error)` is empty for many errors
async def safe_call(call, item_id):
    try:
        return {"id": item_id, "status": "ok", "data": await call(item_id)}
    except (ValueError, ConnectionError) as error:
        return {"id": item_id, "status": "failed", "error": str(error)}
    except Exception as error:
        return {"id": item_id, "status": "error", "error": str(error)}
