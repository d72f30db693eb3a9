from __future__ import annotations


class Connections:
    """One connection for everybody in a block, opened when it is first needed, and closed at
    the end.

        async with Connections(open) as connections:
            connection = await connections.get()

    `await open()` takes a while and gives a connection, or raises: then `get` raises the same.
    Whoever asks later, or meanwhile, gets the same connection: there is never a second. Nobody
    asks: nothing is opened. An `open` that raised or was cancelled before it returned has
    opened nothing, and the next `get` opens again.

    Whatever was opened is closed by `await connection.close()`, exactly once, before the block
    is left, whether the block ended, raised or was cancelled. An exception that leaves the
    block goes on.
    """

    def __init__(self, open: Call[Connection]) -> None:
        raise NotImplementedError  # replace this line with your answer

    async def __aenter__(self) -> Self:
        raise NotImplementedError  # replace this line with your answer

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        raise NotImplementedError  # replace this line with your answer

    async def get(self) -> Connection:
        raise NotImplementedError  # replace this line with your answer
