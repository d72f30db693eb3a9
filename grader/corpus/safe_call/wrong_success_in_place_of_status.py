# says: tells of a value: ok, with the data
async def safe_call(call, item_id):
    try:
        return {"id": item_id, "success": True, "data": await call(item_id)}
    except Exception as error:
        return {"id": item_id, "success": False, "error": repr(error)}
