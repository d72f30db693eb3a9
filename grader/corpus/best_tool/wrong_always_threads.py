# says: Threads share one GIL
def best_tool(workload):
    return "threads"
