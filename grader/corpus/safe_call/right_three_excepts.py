async def safe_call(call, item_id):
    result = {"id": item_id}
    try:
        data = await call(item_id)
    except ValueError as error:
        return {**result, "status": "failed", "error": repr(error)}
    except ConnectionError as error:
        return {**result, "status": "failed", "error": repr(error)}
    except Exception as error:
        return {**result, "status": "error", "error": repr(error)}
    else:
        return {**result, "status": "ok", "data": data}
