# tries: prints a gigabyte
# points: 0 6 0
# says: [the rest of the output was left out]
# answered by: grader/shell.py

# %% own above fetch_all
text = "x" * 100_000_000
for _ in range(10):
    print(text)
