class PipelineMonitor:
    """The queues of a pipeline, and how full they were, who waited for them, and which stage
    was the slowest.

    `queues` maps the name of each queue to its maxsize. A stage is a task that calls `put` and
    `get`; its name is that of the task, `asyncio.current_task().get_name()`.

    `report()` may be called at any time. It gives

        {"queues": {queue: {"mean_depth": items, "peak_depth": items,
                            "put_wait": seconds, "get_wait": seconds, "puts_blocked": count}},
         "stages": {stage: utilisation},
         "bottleneck": stage}

    "mean_depth" is the average over time since the monitor was made, every second counting the
    same; "peak_depth" the most items that were in the queue. "put_wait" and "get_wait" are the
    seconds that all calls of `put` and `get` waited, together, those that still wait included.
    "puts_blocked" counts the puts that found the queue full. Utilisation is the share of a
    stage's time in which it did not wait in `put` or `get`, a ratio; its time runs from when
    the monitor was made to the end of its last `put` or `get`. The bottleneck is the stage
    with the highest utilisation; None before any stage has ended a call.
    """

    def __init__(self, queues: dict[str, int]) -> None:
        raise NotImplementedError  # replace this line with your answer

    async def put(self, queue: str, item: Any) -> None:
        """Put the item into that queue; wait while it is full."""
        raise NotImplementedError  # replace this line with your answer

    async def get(self, queue: str) -> Any:
        """Take the oldest item out of that queue; wait while it is empty."""
        raise NotImplementedError  # replace this line with your answer

    def report(self) -> dict[str, Any]:
        raise NotImplementedError  # replace this line with your answer
