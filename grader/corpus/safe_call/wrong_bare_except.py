# says: A cancellation is a request to stop, and it was swallowed
async def safe_call(call, item_id):
    try:
        return {"id": item_id, "status": "ok", "data": await call(item_id)}
    except (ValueError, ConnectionError) as error:
        return {"id": item_id, "status": "failed", "error": repr(error)}
    except Exception as error:
        return {"id": item_id, "status": "error", "error": repr(error)}
    except:  # noqa: E722
        return {"id": item_id, "status": "error", "error": "cancelled"}
