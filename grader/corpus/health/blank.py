class Health:
    """Is the process alive, may it get requests, and how have the last ones been? All methods
    are plain.

    `record(now, seconds, ok)` tells of a request that ended `now`, after so many seconds, well
    or not; times do not fall.
    """

    def __init__(self, window: float, min_requests: int) -> None:
        raise NotImplementedError  # replace this line with your answer

    def record(self, now: float, seconds: float, ok: bool) -> None:
        raise NotImplementedError  # replace this line with your answer

    def live(self) -> bool:
        """True as long as the process can answer at all, so always, also before it is warmed
        up.
        """
        raise NotImplementedError  # replace this line with your answer

    def warmed(self) -> None:
        """The model is loaded and has run once."""
        raise NotImplementedError  # replace this line with your answer

    def ready(self) -> bool:
        """Whether requests may be sent here: True from `warmed` on, however the requests
        go.
        """
        raise NotImplementedError  # replace this line with your answer

    def stats(self, now: float) -> dict[str, Any]:
        """The requests of the last `window` seconds: "requests", "error_rate", "p50", "p95"
        and "p99".

        "requests" counts them. "error_rate" is the share that did not end well, a ratio. A
        quantile is by nearest rank: of n requests in the order of their seconds, well ended or
        not, p95 is number ceil(0.95 * n). With fewer than `min_requests` (1 or more) all but
        "requests" are None.
        """
        raise NotImplementedError  # replace this line with your answer
