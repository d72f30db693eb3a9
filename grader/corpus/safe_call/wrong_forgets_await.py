# says: tells of a value: ok, with the data
async def safe_call(call, item_id):
    try:
        return {"id": item_id, "status": "ok", "data": call(item_id)}
    except (ValueError, ConnectionError) as error:
        return {"id": item_id, "status": "failed", "error": repr(error)}
    except Exception as error:
        return {"id": item_id, "status": "error", "error": repr(error)}
