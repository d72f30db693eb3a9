# says: were preprocessed in the event loop's own thread
async def preprocess_all(images, preprocess, cores):
    return [preprocess(image) for image in images]
