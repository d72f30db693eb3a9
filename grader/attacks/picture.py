# tries: hands in a picture that is called a notebook
# points: 0 0 0
# says: is not text, so it is no notebook
# remark: is not text
# answered by: grader/hostile.py

# %% folder
path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\xff" * 100)
