# tries: hands in five thousand cells of its own
# points: 0 0 0
# says: cells; 1,000 is the most that is read
# remark: 1,000 is the most
# answered by: grader/hostile.py

# %% notebook
own = {"cell_type": "code", "metadata": {}, "source": "1", "outputs": [], "execution_count": None}
notebook["cells"] += [own | {"id": f"mine-{number}"} for number in range(5000)]
