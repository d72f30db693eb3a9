from types import SimpleNamespace

from asynclab.source_line import line_of_frame


def test_a_frame_that_is_between_two_lines_is_told_by_its_first():
    code = compile("\nwhile True: pass", "answer.py", "exec")

    assert line_of_frame(SimpleNamespace(f_code=code, f_lineno=None, f_back=None)) == "line 1"
