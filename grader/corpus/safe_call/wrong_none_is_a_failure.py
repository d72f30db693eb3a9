# says: takes None for a value like any other
async def safe_call(call, item_id):
    try:
        data = await call(item_id)
    except (ValueError, ConnectionError) as error:
        return {"id": item_id, "status": "failed", "error": repr(error)}
    except Exception as error:
        return {"id": item_id, "status": "error", "error": repr(error)}
    if not data:
        return {"id": item_id, "status": "failed", "error": "no data"}
    return {"id": item_id, "status": "ok", "data": data}
