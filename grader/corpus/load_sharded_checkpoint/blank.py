from typing import Any
from asynclab.demo import Store


async def load_sharded_checkpoint(store: Store) -> dict[str, Any]:
    """Load a checkpoint: return `{"shards": [...], "optimizer": ...}`.

    The shards come in the order of the manifest. `await store.get("manifest")` gives
    `{"shards": [name, name, ...]}`, at least one name. `get` of such a name gives that shard,
    a dict. The first shard has a key "optimizer": the name to `get` the optimizer's state
    with; the other shards do not have it.

    Nothing waits for what it does not need: the shards are fetched together, and the
    optimizer's state is asked for as soon as the first shard is there, while others may still
    be on their way. Each name is asked for once. The store answers every call.
    """

    raise NotImplementedError  # replace this line with your answer
