class DeviceWorker:
    """A device that the event loop can wait for: one thread, in which the blocking model runs.

    `await worker.run(rows)` gives `model(rows)` as soon as the model has, or raises what it
    raises. `model` is a plain function that blocks its thread and must never be called twice
    at once: all calls are made in one thread, in the order of `run`, and the event loop stays
    free. When a `run` is cancelled, what the model has begun goes on to its end, and the next
    call begins after it.

    `worker.close()` does not wait: what was given to `run` before is still answered. A `run`
    after it raises RuntimeError. Closing twice is harmless.
    """

    def __init__(self, model: Callable[[list[Any]], list[Any]]) -> None:
        raise NotImplementedError  # replace this line with your answer

    async def run(self, rows: list[Any]) -> list[Any]:
        raise NotImplementedError  # replace this line with your answer

    def close(self) -> None:
        raise NotImplementedError  # replace this line with your answer
