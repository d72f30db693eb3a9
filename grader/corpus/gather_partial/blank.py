from __future__ import annotations


async def gather_partial(
    calls: list[Call[Any]],
) -> tuple[dict[int, Any], dict[int, BaseException]]:
    """Make all the calls together; return `(values, errors)`, each by the index of its call.

    Every index is in exactly one of the two. A call that raises anything, CancelledError
    included, has failed: the exception itself is its entry in `errors`. A failure does not
    disturb the others, and you return when the last call has ended. When you yourself are
    cancelled, the calls are cancelled too and the CancelledError goes on to your caller. No
    calls: `({}, {})`.
    """
    raise NotImplementedError  # replace this line with your answer
