# says: the event loop could not run anything else for
import multiprocessing


async def preprocess_all(images, preprocess, cores):
    if not images:
        return []
    with multiprocessing.Pool(cores) as pool:
        return pool.map(preprocess, images)
