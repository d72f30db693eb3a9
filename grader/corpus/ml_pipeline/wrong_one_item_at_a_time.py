# says: One item at a time went through all three stages
class MLPipeline:
    def __init__(self, load, preprocess, train, maxsize):
        self.load, self.preprocess, self.train = load, preprocess, train

    async def run(self, paths):
        return [await self.train(await self.preprocess(await self.load(path))) for path in paths]
