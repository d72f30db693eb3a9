import asyncio
import time


class PipelineMonitor:
    """Writes down what happens, and works everything out at a report."""

    def __init__(self, queues):
        self.made = time.monotonic()
        self.queues = {name: asyncio.Queue(size) for name, size in queues.items()}
        self.depths = {name: [(self.made, 0)] for name in queues}
        self.calls = []  # [queue, how, stage, began, ended or None, found it full]

    async def put(self, queue, item):
        inner = self.queues[queue]
        call = [queue, "put", asyncio.current_task().get_name(), time.monotonic(), None, inner.full()]
        self.calls.append(call)
        await inner.put(item)
        self.over(call)

    async def get(self, queue):
        call = [queue, "get", asyncio.current_task().get_name(), time.monotonic(), None, False]
        self.calls.append(call)
        item = await self.queues[queue].get()
        self.over(call)
        return item

    def over(self, call):
        call[4] = time.monotonic()
        self.depths[call[0]].append((call[4], self.queues[call[0]].qsize()))

    def report(self):
        now = time.monotonic()
        report = {"queues": {}, "stages": {}, "bottleneck": None}
        for name, depths in self.depths.items():
            steps = zip(depths, [*depths[1:], (now, 0)], strict=True)
            calls = [call for call in self.calls if call[0] == name]
            waits = {
                how: sum((call[4] or now) - call[3] for call in calls if call[1] == how)
                for how in ("put", "get")
            }
            report["queues"][name] = {
                "mean_depth": sum(depth * (until - since) for (since, depth), (until, _) in steps)
                / (now - self.made),
                "peak_depth": max(depth for _, depth in depths),
                "put_wait": waits["put"],
                "get_wait": waits["get"],
                "puts_blocked": sum(call[5] for call in calls),
            }
        ended = [call for call in self.calls if call[4] is not None]
        for stage in {call[2] for call in ended}:
            mine = [call for call in ended if call[2] == stage]
            lived = max(call[4] for call in mine) - self.made
            report["stages"][stage] = (lived - sum(call[4] - call[3] for call in mine)) / lived
        if report["stages"]:
            report["bottleneck"] = max(report["stages"], key=report["stages"].get)
        return report
