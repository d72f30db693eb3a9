# says: Stage after stage, each with all items
class MLPipeline:
    def __init__(self, load, preprocess, train, maxsize):
        self.stages = load, preprocess, train

    async def run(self, paths):
        items = paths
        for stage in self.stages:
            items = [await stage(item) for item in items]
        return items
