"""What a run prints and what Python complains about is kept apart by thread, off the real streams."""

import logging
import sys
import threading
from contextlib import contextmanager

from asynclab.capture import KEEP, Capture, captured_by, capturing


@contextmanager
def a_run():
    """Not a fixture: pytest puts streams of its own into sys between a fixture and its test."""
    capture = Capture()
    with capturing, captured_by(capture):
        yield capture


def test_print_and_stderr_are_kept_in_order(capfd):
    with a_run() as capture:
        print("out")
        print("err", file=sys.stderr)
        sys.stdout.writelines(["a", "b"])

    assert capture.printed == "out\nerr\nab"
    assert capfd.readouterr() == ("", "")


def test_another_thread_prints_to_the_real_stream(capfd):
    with a_run() as capture:
        thread = threading.Thread(target=print, args=["from elsewhere"])
        thread.start()
        thread.join()

    assert capture.printed == ""
    assert capfd.readouterr().out == "from elsewhere\n"


def test_of_a_megabyte_the_beginning_is_kept_and_its_length():
    with a_run() as capture:
        print("x" * 1_000_000)

    assert capture.printed.startswith("x" * KEEP + "\n... 1,000,001 characters in all")
    assert len(capture.printed) < KEEP + 100


def test_much_printed_in_small_pieces_is_cut_the_same_way():
    with a_run() as capture:
        for _ in range(10_000):
            print("0123456789")

    assert capture.printed.endswith("110,000 characters in all, the first 2,000 are shown")


def test_a_log_of_last_resort_is_printed_where_the_run_prints():
    with a_run() as capture:
        root = logging.getLogger()
        handlers, root.handlers = root.handlers, []
        try:
            logging.getLogger("answer").warning("careful")
        finally:
            root.handlers = handlers

    assert capture.printed == "careful\n"


def test_an_exception_in_a_finalizer_is_noticed():
    with a_run() as capture:

        class Fails:
            def __del__(self):
                raise ValueError("in __del__")

        Fails()

    assert capture.noise == ("ValueError('in __del__') was ignored",)


def test_a_coroutine_that_was_never_awaited_is_noticed():
    with a_run() as capture:

        async def fetch():
            """Nobody waits for it."""

        fetch()

    assert len(capture.noise) == 1
    assert capture.noise[0].endswith("fetch` was never awaited")


def test_one_complaint_is_kept_once_and_not_too_many_of_them():
    with a_run() as capture:
        for number in range(100):
            capture.notice("the same")
            capture.notice(f"number {number}")

    assert capture.noise[0] == "the same"
    assert len(capture.noise) == 20


def test_the_streams_are_back_after_the_last_run_whatever_it_did_to_them():
    real = (sys.stdout, sys.stderr, sys.unraisablehook)

    with capturing:
        with capturing, captured_by(Capture()):
            sys.stdout = sys.stderr = None
        sys.unraisablehook = None

    assert (sys.stdout, sys.stderr, sys.unraisablehook) == real


def test_the_real_stream_cannot_be_closed_by_a_run():
    with a_run() as capture:
        sys.stdout.close()
        print("still open")

    assert capture.printed == "still open\n"
    assert not sys.stdout.closed


def test_the_stream_is_otherwise_the_real_one():
    with a_run():
        assert sys.stdout.encoding
        sys.stdout.flush()
