from dataclasses import dataclass, field


@dataclass
class Ended:
    now: float
    seconds: float
    ok: bool


@dataclass
class Health:
    """A quantile is the least number of seconds that enough requests did not exceed."""

    window: float
    min_requests: int
    is_warm: bool = False
    log: list = field(default_factory=list)

    def record(self, now, seconds, ok):
        self.log.append(Ended(now, seconds, ok))

    def live(self):
        return True

    def warmed(self):
        self.is_warm = True

    def ready(self):
        return self.is_warm

    def stats(self, now):
        self.log = [one for one in self.log if now - one.now < self.window]
        answer = {"requests": len(self.log), "error_rate": None}
        enough = len(self.log) >= self.min_requests
        if enough:
            bad = [one for one in self.log if not one.ok]
            answer["error_rate"] = len(bad) / len(self.log) if bad else 0
        for percent in (50, 95, 99):
            answer[f"p{percent}"] = self.quantile(percent) if enough else None
        return answer

    def quantile(self, percent):
        candidates = {one.seconds for one in self.log}
        return min(s for s in candidates if self.share_up_to(s) >= percent)

    def share_up_to(self, seconds):
        return 100 * sum(one.seconds <= seconds for one in self.log) / len(self.log)
