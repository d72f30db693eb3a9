# tries: takes ten gigabytes
# points: 0 6 0
# says: MemoryError
# answered by: grader/lockdown.py

# %% own above fetch_all
everything = bytearray(10 * 2**30)
