def best_tool(workload):
    threads_fit = workload["tasks"] / 10 <= workload["memory"]
    processes_fit = workload["cores"] * 30 <= workload["memory"]
    work = workload["tasks"] * (workload["python"] + workload["native"])
    if work > workload["wait"]:
        if workload["native"] > workload["python"] and threads_fit:
            return "threads"
        if processes_fit and work > 0.3:
            return "processes"
    if workload["tasks"] == 1 or not workload["wait"]:
        return "sequential"
    if not workload["blocking"]:
        return "async"
    return "threads" if threads_fit else "processes" if processes_fit else "sequential"
