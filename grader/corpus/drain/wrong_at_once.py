# says: What was accepted was a promise
async def drain(service, grace):
    service.set_ready(False)
    service.refuse_new()
    accepted = service.pending()
    service.flush()
    cut = service.pending()
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
