"""What a picture that moves shows of a run: its last seconds, on a clock that the tests set."""

import pytest

from asynclab import recorder, window
from asynclab.narrate import narrate
from asynclab.picture import svg
from asynclab.picture.rows import MAX_ROWS, Scene
from asynclab.record import NS
from asynclab.recorder import Recorder
from asynclab.turns import FINEST, MOST_TURNS
from asynclab.window import MOST_BEGUN, Window


class Run:
    """A recorder that is told what happens, and when: times in seconds."""

    def __init__(self, monkeypatch):
        self.now_ns = 1_000 * NS
        for module in (recorder, window):
            monkeypatch.setattr(module, "clock", lambda: self.now_ns)
        self.recorder = Recorder()
        self.recorder.begin("main")
        self.window = Window(self.recorder)

    def at(self, seconds):
        self.now_ns = self.recorder.start_ns + round(seconds * NS)

    def call(self, key):
        return self.recorder.call("store", "get", (key,))

    def reply(self, id):
        self.recorder.add("reply", id, 7)

    def step(self, number, since, until):
        start = self.recorder.start_ns
        self.recorder.step((start + round(since * NS), start + round(until * NS), number, "sleep"))

    def looked_at(self, seconds):
        self.at(seconds)
        return self.window.record()


@pytest.fixture
def run(monkeypatch):
    return Run(monkeypatch)


def rows(record):
    return [row.label for row in Scene(record, newest=True).rows]


def test_a_short_run_is_in_the_window_as_a_whole(run):
    run.call("a")
    record = run.looked_at(9)

    assert (record.from_ns, record.last_ns) == (0, 9 * NS)
    assert narrate(record) == "1 call, still running after 9.0 s."


def test_a_long_runs_window_is_its_last_ten_seconds_and_says_so(run):
    first = run.call("a")
    run.at(1)
    run.reply(first)
    run.at(14)
    run.call("b")
    record = run.looked_at(20)

    assert (record.from_ns, record.last_ns) == (10 * NS, 20 * NS)
    assert narrate(record) == "The last 10.0 s: 1 call, still running after 20.0 s."
    assert "from 10.0 s to 20.0 s" in svg(record)


def test_what_began_before_the_window_and_reaches_into_it_is_drawn_from_its_edge(run):
    long = run.call("long")
    run.at(15)
    run.reply(long)
    record = run.looked_at(20)

    [row] = Scene(record).rows
    assert (row.start_ns, row.end_ns, record.peak().count) == (0, 15 * NS, 1)


def test_the_axis_has_the_times_of_the_run(run):
    picture = svg(run.looked_at(20))

    assert [f">{label} s<" in picture for label in (8, 10, 12, 20, 22)] == [False, True, True, True, False]


def test_the_lanes_are_those_of_the_window_and_not_the_first_ones(run):
    for number in range(200):
        run.at(0.25 * number)
        run.reply(run.call(f"key-{number}"))
    record = run.looked_at(50)

    assert rows(record) == [f"key-{number}" for number in range(200 - MAX_ROWS, 200)]
    assert len(record.calls()) == 40
    assert len(Scene(record, newest=True).rest) == 40 - MAX_ROWS


def test_a_task_that_lives_on_keeps_its_row_beside_calls_that_come_and_go(run):
    train = run.recorder.begin("train")
    for number in range(40):
        run.at(0.25 * number)
        run.reply(run.call(f"key-{number}"))
        run.step(train, 0.25 * number, 0.25 * number + 0.1)
    record = run.looked_at(10)

    assert rows(record) == ["train", *(f"key-{number}" for number in range(41 - MAX_ROWS, 40))]
    assert len(record.tasks[1].running) == 40


def test_of_many_tasks_and_many_calls_the_tasks_have_a_third_of_the_rows(run):
    for number in range(2, 40):
        run.recorder.begin(f"task-{number}")
        run.step(number, 0, 1)
    for number in range(40):
        run.at(1 + 0.01 * number)
        run.reply(run.call(f"key-{number}"))
    record = run.looked_at(2)

    third = MAX_ROWS // 3
    assert rows(record) == [
        *(f"task-{number}" for number in range(40 - third, 40)),
        *(f"key-{number}" for number in range(40 - 2 * third, 40)),
    ]
    with_turns = [task.name for task in record.tasks if task.running]
    assert with_turns == rows(record)[:third]


def test_where_there_is_no_room_for_all_tasks_the_idle_ones_go(run):
    for number in range(2, 32):
        run.recorder.begin(f"task-{number}")
    run.step(2, 0, 0.1)
    run.step(31, 0, 0.1)
    run.step(3, 15, 15.1)
    run.step(4, 18, 18.1)
    record = run.looked_at(20)

    assert rows(record) == ["task-3", "task-4"]
    turns = {task.name: task.running for task in record.tasks}
    assert turns["task-3"] == ((15 * NS, 15_100_000_000),)
    assert turns["task-4"] == ((18 * NS, 18_100_000_000),)


def test_a_task_that_had_no_row_before_is_drawn_with_its_past(run):
    for number in range(2, 40):
        run.recorder.begin(f"task-{number}")
        run.step(number, 9, 9.1)
    run.step(2, 12, 12.1)
    assert "task-2" not in rows(run.looked_at(13))

    run.step(2, 18, 18.1)
    record = run.looked_at(20)

    assert rows(record) == ["task-2"]
    assert record.tasks[1].running == ((12 * NS, 12_100_000_000), (18 * NS, 18_100_000_000))


def test_while_nothing_runs_all_tasks_are_there_and_wait(run):
    for number in range(2, 5):
        run.recorder.begin(f"task-{number}")
    record = run.looked_at(60)

    assert rows(record) == ["task-2", "task-3", "task-4"]
    assert {row.how for row in Scene(record).rows} == {"open"}


def test_tasks_of_one_function_have_the_numbers_that_they_have_in_the_whole_run(run):
    for start in (0, 1, 30):
        run.at(start)
        number = run.recorder.begin("worker")
        run.window.record()
        run.at(start + 1)
        run.recorder.end(number, run.now_ns, "returned")
    record = run.looked_at(35)

    assert rows(record) == ["worker 3"]
    assert [task.name for task in run.recorder.record().tasks] == ["main", "worker 1", "worker 2", "worker 3"]


def test_a_queues_depth_at_the_windows_edge_is_the_one_before_it(run):
    for at, depth in [(1, 3), (2, 8), (15, 5)]:
        run.at(at)
        run.recorder.add("depth", "to train", depth)

    assert run.looked_at(20).depths == {"to train": ((2 * NS, 8), (15 * NS, 5))}


def test_a_busy_run_has_a_shorter_window_that_grows_only_when_there_is_clearly_room(run):
    def window_of(until, calls_each_second):
        for _ in range(round(12 * calls_each_second)):
            run.reply(run.call("a"))
            run.now_ns += round(NS / calls_each_second)
        record = run.looked_at(until)
        return (record.last_ns - record.from_ns) / NS

    assert window_of(12, 1) == 10
    assert window_of(24, MOST_BEGUN / 2.5) == 2
    assert window_of(36, MOST_BEGUN / 7) == 2  # 5 s would hold 5/7 of the most
    assert window_of(48, MOST_BEGUN / 12) == 5


def test_the_turns_of_a_single_task_are_as_fine_as_a_pixel(run):
    number = run.recorder.begin("train")
    for turn in range(100):
        run.step(number, turn / 10, turn / 10 + 0.02)
        if turn == 8:
            assert len(run.looked_at(0.9).tasks[1].running) == 9

    assert len(run.looked_at(10).tasks[1].running) == 100


def test_turns_that_a_moving_picture_could_not_show_apart_are_one(run):
    numbers = [run.recorder.begin("spin") for _ in range(MAX_ROWS)]
    for turn in range(2000):
        run.step(numbers[turn % MAX_ROWS], turn / 100, turn / 100 + 0.001)
        if turn % 20 == 0:
            run.looked_at(turn / 100)
    tasks = run.looked_at(20).tasks[1:]

    assert sum(len(task.running) for task in tasks) <= MOST_TURNS + MAX_ROWS
    assert all(task.running[0][0] <= 10.5 * NS and task.running[-1][1] >= 19.5 * NS for task in tasks)


def test_a_task_that_never_pauses_for_long_keeps_its_past(run):
    number = run.recorder.begin("spin")
    for turn in range(10_000):
        run.step(number, turn / 1000, turn / 1000 + 0.0001)
        if turn % 200 == 199:
            running = run.looked_at((turn + 1) / 1000).tasks[1].running
            assert running[0][0] == 0
            assert len(running) <= 2 * FINEST


def test_a_block_before_the_window_is_no_longer_told_of(run):
    number = run.recorder.begin("spin")
    for at in (1, 15):
        run.at(at + 0.5)
        run.step(number, at, at + 0.5)
        run.recorder.late(NS // 2)
    record = run.looked_at(20)

    assert [block.start_ns for block in record.blocks] == [15 * NS]
    assert len(run.recorder.record().blocks) == 2


def test_a_look_at_a_long_run_costs_no_more_than_at_its_first_seconds(run):
    """Counted in what is kept between two looks, since a clock would be no proof."""
    kept = []
    for second in range(1, 61):
        for tenth in range(10):
            run.at(second + tenth / 10)
            run.reply(run.call("a"))
            number = run.recorder.begin("worker")
            run.recorder.end(number, run.now_ns, "returned")
            run.recorder.add("depth", "queue", 10 * second + tenth)
        run.window.record()
        state = vars(run.window)
        kept.append(
            sum(len(state[name]) for name in ("_tasks", "_open", "_ended", "_begun"))
            + sum(map(len, state["_depths"].values()))
            + sum(len(vars(state["_turns"])[name]) for name in ("_new", "_ran_until", "_followed"))
        )

    assert max(kept[20:]) <= max(kept[:20])
