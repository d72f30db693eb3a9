# says: "sequential" takes
def best_tool(workload):
    return "sequential"
