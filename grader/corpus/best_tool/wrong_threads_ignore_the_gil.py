# says: has Python code computed by processes
import math


def best_tool(workload):
    tasks, cores, wait = workload["tasks"], workload["cores"], workload["wait"]
    python, native, memory = workload["python"], workload["native"], workload["memory"]
    rounds = math.ceil(tasks / cores)
    times = {"sequential": tasks * (wait + python + native)}
    if not workload["blocking"]:
        times["async"] = wait + tasks * (python + native)
    if 0.1 * tasks <= memory:
        times["threads"] = wait + rounds * (python + native)
    if 30 * cores <= memory:
        times["processes"] = 0.05 + rounds * (wait + python + native)
    return min(times, key=times.get)
