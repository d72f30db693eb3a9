# says: the event loop stood still until it was done
import threading


async def infer(model, batch):
    box = []
    thread = threading.Thread(target=lambda: box.append(model(batch)))
    thread.start()
    thread.join()
    return box[0]
