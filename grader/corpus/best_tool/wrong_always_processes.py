# says: Processes cost a start and memory
def best_tool(workload):
    return "processes"
