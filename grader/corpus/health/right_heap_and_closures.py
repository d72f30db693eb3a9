import heapq


class Health:
    __slots__ = ("live", "ready", "record", "stats", "warmed")

    def __init__(self, window, min_requests):
        flags, ended = [], []
        self.live = lambda: True
        self.warmed = lambda: flags.append("warm")
        self.ready = lambda: "warm" in flags
        self.record = lambda *request: ended.append(request)

        def stats(now):
            recent = [(seconds, ok) for then, seconds, ok in ended if then + window > now]
            n, names = len(recent), ("p50", "p95", "p99")
            if n < min_requests:
                return {"requests": n, "error_rate": None, "healthy": None, **dict.fromkeys(names)}
            ranks = [-(-n * int(name[1:]) // 100) for name in names]
            values = [heapq.nsmallest(rank, (seconds for seconds, _ in recent))[-1] for rank in ranks]
            rate = 1 - sum(ok for _, ok in recent) / n
            return {
                "requests": n,
                "error_rate": rate,
                "healthy": rate < 0.05,
                **dict(zip(names, values, strict=True)),
            }

        self.stats = stats
