# tries: has a name that is a pattern for the names of all the others
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# student: [a-z]*
# answered by: grader/batch.py
