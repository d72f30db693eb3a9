"""The exercise of 05 A mini inference service about versions of a model: loaded, leased, swapped, freed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from asynclab.clients import Invocation
from asynclab.exercise import exercise
from asynclab.exercises.inference_models import (
    Scene,
    Times,
    first_uses,
    models_used,
    used_too_early,
    used_too_late,
    versions_freed,
    versions_loaded,
)
from asynclab.measure import TIME_TOLERANCE
from asynclab.narrate import format_seconds
from asynclab.observed import Run
from asynclab.trial import Trial

NOTEBOOK = "05_inference_service"

#: What more than one scene requires.
AGAIN = "loads a version again that was freed, or whose load has failed"
NONE = "raises RuntimeError when no version is current, or none was before"
RAISES = "raises what `load` raises, to all who want the version"
KEEPS = "keeps the version that is current when the other one cannot be loaded"


@exercise(
    "model_registry",
    points=12,
    minutes=50,
    difficulty=5,
    importance=4,
    lines=36,
    hints=(
        "Who may still need a model, those who do not have it yet among them?",
        (
            "Count for each version who leases it, who waits for it and who promotes it. Load in a task that "
            "all share."
        ),
        (
            "An async generator for `lease` and `promote`: count + 1; the task of this version, made if "
            "there is none, which loads and warms up in a thread; `yield await asyncio.shield(task)`; in "
            "`finally` count - 1. When it is 0, and the version is not current, and the task is done: "
            "`free()`. Look for that after a swap, and when the task ends, too."
        ),
    ),
)
def model_registry(trial: Trial) -> None:
    """Who was given which model, how often it was loaded, and when it was freed."""
    times = Times(trial.vary(0.8, 1.2), trial.vary(0.4, 0.6))
    trial.things.append(
        f"a model loads in {format_seconds(times.load)} and warms up in {format_seconds(times.warm_up)}"
    )
    _a_swap(trial, times)
    for scene in (
        _several_at_once,
        _a_load_that_fails,
        _a_version_that_does_not_exist,
        _two_promotions,
        _the_later_promotion_is_cancelled,
        _rollback,
        _nobody_waits_any_more,
        _blocks_that_end_early,
        _a_lease_and_a_promotion_wait_together,
    ):
        trial.new_scene()
        scene(trial, times)


# -- what is required in each scene


def _requires_sound(run: Run) -> None:
    """What holds in every scene: nobody has a model that is cold, or gone."""
    models = models_used(run).values()
    cold = next(filter(None, map(used_too_early, models)), None)
    run.requires(
        cold is None,
        "gives nobody a model before it is warmed up",
        f"{cold.service} was used at {format_seconds(cold.start)}, and was not warmed up then"
        if cold
        else "",
        weight=2,
    )
    gone = next(filter(None, map(used_too_late, models)), None)
    run.requires(
        gone is None,
        "lets nobody use a model that has been freed",
        f"{gone.service} was freed, and its `{gone.method}` was called or went on at "
        f"{format_seconds(gone.end or gone.start)}"
        if gone
        else "",
        weight=2,
    )
    twice = next(
        (name for name, calls in models_used(run).items() if [c.method for c in calls].count("free") > 1), ""
    )
    run.requires(not twice, "frees no model twice", f"{twice} was freed twice")


def _requires_uses(run: Run, due: Mapping[str, tuple[str, float]], text: str, *, gate: bool = False) -> None:
    """Who was given which version, and when."""
    seen = first_uses(run)
    odd = next((who for who in due if not _is(seen.get(who), due[who])), "")
    given = "nothing" if odd not in seen else f"{seen[odd][0]} at {format_seconds(seen[odd][1])}"
    run.requires(
        not odd,
        text,
        f"{odd} was given {given}, where {due[odd][0]} at {format_seconds(due[odd][1])} was expected"
        if odd
        else "",
        gate=gate,
        weight=2,
    )


def _is(seen: tuple[str, float] | None, due: tuple[str, float]) -> bool:
    return seen is not None and seen[0] == due[0] and abs(seen[1] - due[1]) <= TIME_TOLERANCE


def _requires_loads(run: Run, *due: str) -> None:
    loads = versions_loaded(run)
    run.requires(
        loads == list(due),
        "loads a version once, whoever wants it meanwhile",
        f"the loads were {', '.join(map(str, loads)) or 'none'}; {', '.join(due)} were expected",
        weight=4,
    )


def _requires_frees(run: Run, *due: tuple[str, float, float]) -> None:
    """Which versions were freed, each from one time (s) to another."""
    frees = versions_freed(run)
    right = len(frees) == len(due) and all(
        version == name and early - TIME_TOLERANCE <= at <= late + TIME_TOLERANCE
        for (version, at), (name, early, late) in zip(sorted(frees), sorted(due), strict=True)
    )
    run.requires(
        right,
        "frees a model when it is neither current nor leased nor about to be, and as soon as that",
        f"{_told([(version, at, at) for version, at in frees])} freed, {_told(due)} expected",
        weight=4,
    )


def _told(frees: Sequence[tuple[str, float, float]]) -> str:
    """Which were freed, for a sentence: ``v1 at 8.0 s, v2 from 9.0 s to 9.5 s were``."""
    parts = [
        f"{version} at {format_seconds(early)}"
        if late - early <= TIME_TOLERANCE
        else f"{version} from {format_seconds(early)} to {format_seconds(late)}"
        for version, early, late in sorted(frees)
    ]
    return ", ".join(parts) + (" was" if len(parts) == 1 else " were") if parts else "nothing was"


def _requires_error(run: Run, request: Invocation, error: str, text: str) -> None:
    run.requires(
        (request.how, request.error) == ("error", error),
        text,
        f"`{_call(request)}` at {format_seconds(request.at)} "
        + (f"raised {request.error}" if request.how == "error" else "raised nothing")
        + f", where {error} was expected",
    )


def _call(request: Invocation) -> str:
    args = [arg for arg in request.args if isinstance(arg, str)]
    return f"lease({args[1]!r})" if len(args) > 1 else f"{request.method}({', '.join(map(repr, args))})"


# -- the scenes


def _a_swap(trial: Trial, times: Times) -> None:
    """v1, then v2 with somebody in the middle of their work, then one that does not exist."""
    scene = Scene(trial, times)
    scene.promote(0.0, "v1")
    scene.promote(0.1, "v1")
    scene.use(3.0, "Ann", None, 5.0)
    scene.use(3.2, "Bob", "v1", 0.5)
    scene.promote(4.0, "v2")
    scene.use(4.3, "Cleo", None, 0.2)  # while v2 loads
    scene.use(4.4, "Dan", None, 0.5, before=2.0)  # asks while v1 is current, begins when v2 is
    scene.use(4.0 + times.load + times.warm_up / 2, "Eve", None, 0.1)  # while v2 warms up
    missing = scene.promote(6.0, "v9")
    scene.use(6.1, "Fay", None, 0.2)
    scene.use(8.5, "Gus", "v2", 0.5)
    scene.promote(9.5, "v2")
    scene.use(10.0, "Hal", None, 1.0)
    trial.heartbeat(0.2, 11.0)
    run = scene.drive(12.0)

    due = {
        "Ann": ("v1", 3.0),
        "Bob": ("v1", 3.2),
        "Cleo": ("v1", 4.3),
        "Eve": ("v1", 4.0 + times.load + times.warm_up / 2),
        "Fay": ("v2", 6.1),
        "Gus": ("v2", 8.5),
        "Hal": ("v2", 10.0),
    }
    run.explain(
        when=run.heartbeat_gap > 0.1,
        say="`load` and `warm_up` block the thread that calls them. Called in a coroutine that is the event "
        "loop's, and everybody waits: `await asyncio.to_thread(...)`.",
    )
    _requires_uses(run, due, "gives everybody at once the version that is current", gate=True)
    _requires_uses(run, {"Dan": ("v2", 6.4)}, "asks which version is current when the block begins")
    _requires_one_model(run)
    _requires_loads(run, "v1", "v2", "v9")
    _requires_frees(run, ("v1", 8.0, 8.0))
    _requires_sound(run)
    run.heartbeat_gap.at_most(0.0, "keeps the event loop free while it loads and warms up", weight=2)
    _requires_error(run, missing, "KeyError", RAISES)
    _explain_a_swap(run, times)


def _requires_one_model(run: Run) -> None:
    used: dict[str, list[str]] = {}
    for name, calls in models_used(run).items():
        for call in calls:
            if call.method == "predict":
                used.setdefault(call.args[0], []).append(name)
    mixed = next((who for who, names in used.items() if len(set(names)) > 1), "")
    run.requires(
        not mixed,
        "gives the same model all through a block",
        f"{mixed} was given {' and then '.join(dict.fromkeys(used.get(mixed, [])))}",
        weight=2,
    )
    run.explain(
        when=bool(mixed),
        say="What is current was looked up at each use: the answers of one batch came from two versions. "
        "Look once, when the block begins, and keep what you found.",
    )


def _explain_a_swap(run: Run, times: Times) -> None:
    seen, loads, frees = first_uses(run), versions_loaded(run), versions_freed(run)
    run.explain(
        when=any(seen.get(who, ("", 0.0))[0] == "v2" for who in ("Cleo", "Eve")),
        say="v2 was current before it was ready. Load it, warm it up, and only then let it take the place: "
        "a swap is one assignment at the very end.",
    )
    run.explain(
        when=seen.get("Cleo", ("", 0.0))[1] > 4.5,
        say="Who wanted v1, which was there, waited for the load of v2. Hold no lock while you load that a "
        "lease needs, too.",
    )
    run.explain(
        when=any(version == "v2" for version, _ in frees),
        say="v2 was freed, and it is current: the next one would have to wait for it to be loaded again.",
    )
    run.explain(
        when=any(version == "v1" and at < 8.0 - TIME_TOLERANCE for version, at in frees),
        say="v1 was freed while Ann had it. The swap takes it from nobody: count its leases, and free it at "
        "the end of the last one.",
    )
    run.explain(
        when=loads.count("v1") > 1 or loads.count("v2") > 1,
        say="A version was loaded while it was there, or on its way. Whoever comes second waits for the "
        "first one's load: keep the task, under the version's name, before you await it.",
    )
    run.explain(
        when=not any(version == "v1" for version, _ in frees),
        say="v1 is in memory for ever, and so is each version after it. Who lets go last frees it.",
    )


def _several_at_once(trial: Trial, times: Times) -> None:
    """Three want v2 while nothing is current, and the first of them leaves; later a fourth."""
    scene = Scene(trial, times)
    scene.use(0.0, "Ann", "v2", 1.0, patience=times.load / 2)
    scene.use(0.1, "Bob", "v2", 1.0)
    scene.use(0.2, "Cleo", "v2", 2.0)
    none = scene.use(0.3, "Dan", None, 1.0)
    scene.use(8.0, "Eve", "v2", 0.5)
    run = scene.drive(14.0)

    due = {"Bob": ("v2", times.both), "Cleo": ("v2", times.both)}
    _requires_uses(run, due, "lets the others wait on when one leaves who waits for the same version")
    _requires_uses(run, {"Eve": ("v2", 8.0 + times.both)}, AGAIN)
    _requires_loads(run, "v2", "v2")
    _requires_frees(run, *[("v2", at, at) for at in (times.both + 2.0, 8.0 + times.both + 0.5)])
    _requires_sound(run)
    _requires_error(run, none, "RuntimeError", NONE)
    run.explain(
        when=not {"Bob", "Cleo"} & first_uses(run).keys(),
        say="Ann left, and took the load along that Bob and Cleo waited for: awaiting a task hands your "
        "cancellation on to it. `await asyncio.shield(task)` does not.",
    )
    run.explain(
        when=len(run.record.calls("load")) > 2,
        say="Several wanted the same version, and each had it loaded: so many copies are in memory at once.",
    )


def _a_load_that_fails(trial: Trial, times: Times) -> None:
    scene = Scene(trial, times, fails=(1,))
    scene.promote(0.0, "v1")
    failed = scene.promote(2.5, "v2")
    scene.use(5.0, "Ann", None, 0.5)
    scene.promote(6.0, "v2")
    scene.use(9.0, "Bob", None, 0.5)
    run = scene.drive(12.0)

    _requires_error(run, failed, "OSError", RAISES)
    _requires_uses(run, {"Ann": ("v1", 5.0)}, KEEPS)
    _requires_uses(run, {"Bob": ("v2", 9.0)}, AGAIN)
    _requires_frees(run, ("v1", 6.0 + times.both, 6.0 + times.both))
    _requires_sound(run)
    run.explain(
        when="Bob" not in first_uses(run) or first_uses(run)["Bob"][0] != "v2",
        say="The load failed once, and that was kept: the version cannot be had any more, until the process "
        "starts anew. Forget a task that has failed.",
    )


def _a_version_that_does_not_exist(trial: Trial, times: Times) -> None:
    scene = Scene(trial, times)
    first, second = scene.use(0.0, "Ann", "v9", 1.0), scene.use(0.1, "Bob", "v9", 1.0)
    run = scene.drive(5.0)
    for request in first, second:
        _requires_error(run, request, "KeyError", RAISES)


def _two_promotions(trial: Trial, times: Times) -> None:
    """v2, which takes longer to load than v3, which is promoted after it."""
    scene = Scene(trial, times, slow={"v2": 3.0})
    scene.promote(0.0, "v1")
    scene.promote(3.0, "v2")
    scene.promote(3.5, "v3")
    scene.use(12.0, "Ann", None, 0.5)
    run = scene.drive(14.0)

    _requires_uses(run, {"Ann": ("v3", 12.0)}, "leaves the last word to the promotion that was called last")
    _requires_frees(run, ("v1", 3.5, 12.0), ("v2", 6.0, 12.0))
    _requires_sound(run)
    run.explain(
        when=first_uses(run).get("Ann", ("", 0.0))[0] == "v2",
        say="v3 was promoted after v2, and v2 took longer to load: whoever ends last should not win, but "
        "whoever was called last. Give each promotion a number.",
    )


def _the_later_promotion_is_cancelled(trial: Trial, times: Times) -> None:
    scene = Scene(trial, times, slow={"v2": 3.0})
    scene.promote(0.0, "v1")
    scene.promote(3.0, "v2")
    scene.promote(3.5, "v3", patience=times.load / 2)
    scene.use(12.0, "Ann", None, 0.5)
    run = scene.drive(14.0)
    _requires_uses(run, {"Ann": ("v2", 12.0)}, "promotes on when a later promotion is cancelled")
    _requires_sound(run)
    run.explain(
        when=first_uses(run).get("Ann", ("", 0.0))[0] == "v1",
        say="The promotion of v3 was cancelled, and v2 was not promoted either: only one that has come to "
        "its end has had its word.",
    )


def _rollback(trial: Trial, times: Times) -> None:
    """None, none, one to a version that cannot be loaded at first, and then it can."""
    scene = Scene(trial, times, fails=(2,))
    none = scene.rollback(0.0)
    scene.promote(1.0, "v2")
    none_before = scene.rollback(3.5)
    scene.promote(4.0, "v1")
    scene.promote(7.0, "v1")  # is current: changes nothing
    failed = scene.rollback(8.0)
    scene.use(10.5, "Ann", None, 0.2)
    scene.rollback(11.0)
    scene.use(14.0, "Bob", None, 0.2)
    run = scene.drive(15.0)

    for request in none, none_before:
        _requires_error(run, request, "RuntimeError", NONE)
    _requires_error(run, failed, "OSError", RAISES)
    _requires_uses(run, {"Ann": ("v1", 10.5)}, KEEPS)
    _requires_uses(run, {"Bob": ("v2", 14.0)}, "rolls back to the version that was current before")
    _requires_frees(
        run,
        ("v2", 4.0 + times.both, 4.0 + times.both),
        ("v1", 11.0 + times.both, 11.0 + times.both),
    )
    _requires_sound(run)
    run.explain(
        when=failed.how == "reply" and not failed.error and len(run.record.calls("load")) < 4,
        say="It rolled back to a model that was freed when it was replaced, or promoted what was current. "
        "The version before must be loaded like any other.",
    )


def _nobody_waits_any_more(trial: Trial, times: Times) -> None:
    """One leaves while the model loads, another while it warms up: a thread cannot be stopped."""
    scene = Scene(trial, times)
    scene.promote(0.0, "v1")
    scene.use(3.0, "Ann", "v2", 1.0, patience=times.load / 2)
    scene.promote(6.0, "v3", patience=times.load + times.warm_up / 2)
    scene.use(10.0, "Bob", None, 0.2)
    run = scene.drive(12.0)

    _requires_uses(run, {"Bob": ("v1", 10.0)}, "does not make current what was cancelled")
    _requires_frees(
        run,
        ("v2", 3.0 + times.load, 3.0 + times.both),
        ("v3", 6.0 + times.both, 6.0 + times.both),
    )
    _requires_sound(run)
    run.explain(
        when=len(versions_freed(run)) < 2,
        say="Who waited has left, and the thread went on: it gave a model that nobody knows of, and nobody "
        "frees. The task that loads must look, at its end, whether it is still wanted.",
    )


def _blocks_that_end_early(trial: Trial, times: Times) -> None:
    scene = Scene(trial, times)
    failed = scene.use(0.0, "Ann", "v2", 1.0, fails=True)
    scene.use(0.0, "Bob", "v3", 5.0, patience=times.both + 1.5)
    run = scene.drive(10.0)
    _requires_error(run, failed, "ValueError", "lets an exception leave the block")
    _requires_frees(
        run,
        ("v2", times.both + 1.0, times.both + 1.0),
        ("v3", times.both + 1.5, times.both + 1.5),
    )


def _a_lease_and_a_promotion_wait_together(trial: Trial, times: Times) -> None:
    """The lease ends in the instant in which it begins; the promotion is about to make it current."""
    scene = Scene(trial, times)
    scene.promote(0.0, "v1")
    scene.use(3.0, "Ann", "v2", 0.0)
    scene.promote(3.1, "v2")
    scene.use(6.0, "Bob", None, 0.2)
    scene.promote(8.0, "v3")
    scene.use(8.1, "Cleo", "v3", 0.0)
    scene.use(11.0, "Dan", None, 0.2)
    run = scene.drive(12.0)

    due = {"Bob": ("v2", 6.0), "Dan": ("v3", 11.0)}
    _requires_uses(run, due, "makes current what somebody else has just let go")
    _requires_loads(run, "v1", "v2", "v3")
    _requires_sound(run)
    run.explain(
        when=any(version == "v2" and at < 7.0 for version, at in versions_freed(run)),
        say="Ann's lease ended while the promotion was waiting for the same model, and the model was freed. "
        "Who waits counts, too: from before the wait, not from after it.",
    )
