import math
from dataclasses import dataclass


@dataclass
class Work:
    tasks: int
    wait: float
    python: float
    native: float
    blocking: bool
    cores: int
    memory: float

    def seconds(self, tool):
        one = self.wait + self.python + self.native
        match tool:
            case "processes" if self.memory >= 30 * self.cores:
                return 0.05 + one * math.ceil(self.tasks / self.cores)
            case "threads" if self.memory >= self.tasks / 10:
                return self.wait + self.tasks * self.python + math.ceil(self.tasks / self.cores) * self.native
            case "async" if not self.blocking:
                return self.wait + self.tasks * (self.python + self.native)
            case "sequential":
                return self.tasks * one
        return math.inf


def best_tool(workload):
    work = Work(**workload)
    return sorted(("sequential", "async", "threads", "processes"), key=work.seconds)[0]
