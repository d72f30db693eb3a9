EXPECTED = (ValueError, ConnectionError)


async def safe_call(call, item_id):
    try:
        outcome = {"status": "ok", "data": await call(item_id)}
    except Exception as error:
        status = "failed" if isinstance(error, EXPECTED) else "error"
        outcome = {"status": status, "error": repr(error)}
    return {"id": item_id} | outcome
