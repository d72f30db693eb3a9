async def drain(service: Drainable, grace: float) -> dict[str, int]:
    """Bring the service to its end within `grace` seconds; return
    `{"answered": count, "cut": count}`.

    In this order: it is not ready any more; new work is refused; the rows that wait for their
    batch leave; the work that was accepted is answered; the service is closed. It is closed as
    soon as everything is answered, and after `grace` seconds in any case. Of the requests that
    were pending when new work was refused, "answered" counts those that got their answer,
    "cut" those that were still pending when you closed.
    """
    raise NotImplementedError  # replace this line with your answer
