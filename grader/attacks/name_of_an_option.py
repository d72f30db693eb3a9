# tries: has a name that a program takes for an option
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# student: --help
# answered by: grader/batch.py
