# tries: names a kernel whose command line runs a program of the learner's, and a language that there is not
# points: 0 6 0
# says: Not attempted: fetch_all, 0 of 4 points
# answered by: src/asynclab/rebuild.py

# %% notebook
notebook["metadata"] = {
    "kernelspec": {"name": "../../evil", "display_name": "evil", "language": "brainfuck", "argv": ["sh", "-c", "id"]},
    "language_info": {"name": "brainfuck", "file_extension": "/../../evil", "nbconvert_exporter": "os.system"},
}
