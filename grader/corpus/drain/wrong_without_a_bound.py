# says: A device that hangs answers never
async def drain(service, grace):
    service.set_ready(False)
    service.refuse_new()
    accepted = service.pending()
    service.flush()
    await service.wait_answered()
    cut = service.pending()
    await service.close()
    return {"answered": accepted - cut, "cut": cut}
