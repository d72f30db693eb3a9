# says: The model ran in the event loop's own thread
async def infer(model, batch):
    return model(batch)
