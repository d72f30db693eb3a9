# says: An error went on to the caller
import logging


async def safe_call(call, item_id):
    try:
        return {"id": item_id, "status": "ok", "data": await call(item_id)}
    except Exception:
        logging.getLogger("worker").debug("failed", exc_info=True)
        raise
