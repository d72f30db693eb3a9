class ModelRegistry:
    """The versions of a model: which is current, who uses which, and when one can go.

        async with registry.lease() as model:  # the current version
        async with registry.lease("v2") as model:
        await registry.promote("v3")

    `load(version)` is a plain function that blocks for long and gives a model; it raises
    KeyError for a version that does not exist. `load` and `model.warm_up()` run in threads:
    the event loop stays free, and a lease of what is loaded begins at once. A version that is
    wanted by several at once is loaded once. Nobody gets a model before its `warm_up` has
    ended. Whoever is cancelled while waiting disturbs no other.

    A model is freed by `model.free()`, exactly once, as soon as it is neither current nor
    leased nor about to be: not earlier, not later. A version that was freed, or whose load
    failed, is loaded again when it is wanted again.
    """

    def __init__(self, load: Callable[[str], Model]) -> None:
        raise NotImplementedError  # replace this line with your answer

    def lease(self, version: str | None = None) -> AbstractAsyncContextManager[Model]:
        """The model of that version, or of the version that is current when the block begins.

        All through the block it is the same model. Raises what `load` raises; RuntimeError
        without a version when none is current.
        """
        raise NotImplementedError  # replace this line with your answer

    async def promote(self, version: str) -> None:
        """Make the version current, once it is loaded and warmed up; until then the old one is
        current.

        When it cannot be loaded, raise the error; the old one stays current. Of several
        promotions under way, the one that was called last has the last word. To promote what
        is current changes nothing.
        """
        raise NotImplementedError  # replace this line with your answer

    async def rollback(self) -> None:
        """Promote the version that was current before this one; RuntimeError when there was
        none.
        """
        raise NotImplementedError  # replace this line with your answer
