# tries: has a name with what SQL, a shell, a template and a page take for their own
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# student: x'); DROP TABLE grade;-- $(id) {{7+7}} %s <img src=x onerror=steal()>
# answered by: grader/gradebook.py
