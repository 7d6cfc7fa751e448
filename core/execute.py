"""One run from start to report: base, self-checks, training, controls; and its resumption."""

import contextlib
import errno
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from suite.core import registry
from suite.core.base import load_base
from suite.core.build import Built, build, freeze_base
from suite.core.checkpoint import load_checkpoint
from suite.core.config import Config, Request, resolve_request
from suite.core.controls import run_controls
from suite.core.errors import SuiteError
from suite.core.execution.levels import isolation_record
from suite.core.outcome import Outcome, last_line, outcome_of
from suite.core.outside import Launcher
from suite.core.panel import evaluate
from suite.core.policy_files import on_disk
from suite.core.progress import Progress
from suite.core.run import Run
from suite.core.run_folder import SCHEMA, FolderListener, RunFolder, machine
from suite.core.selfcheck import report, self_checks
from suite.core.trainer import Trainer

VERSION = "0.1.0"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


def start(
    config: Config, path: Path, progress: Progress, *, launcher: Launcher | None = None
) -> Outcome:
    """A new run in a new folder.

    Args:
        config: what to run.
        path: the folder.
        progress: who hears of phases and steps.
        launcher: starts the processes, where there are several; the default one if None.

    Raises:
        SuiteError: what the user must mend; the folder keeps what was reached. What can be told
            before anything is trained or asked leaves no folder behind.
    """
    RunFolder.check_free(path)
    built = build(config, folder=path)
    folder = RunFolder.create(path)
    folder.write_text("config.toml", config.to_toml())
    folder.write_json("run.json", _first_info(config))
    return _guarded(folder, lambda: _go(built, folder, progress, launcher))


def _go(
    built: Built, folder: RunFolder, progress: Progress, launcher: Launcher | None = None
) -> Outcome:
    """Here, or on several processes that a launcher starts."""
    if built.config.processes == 1:
        return _start(built, folder, progress)
    return _launch(built, folder, progress, launcher)


def _launch(
    built: Built, folder: RunFolder, progress: Progress, launcher: Launcher | None
) -> Outcome:
    """Prepare the base here, so that the workers find it; then start them and wait."""
    _use_base(built, folder, progress)
    if launcher is None:
        entry = registry.by_role("launcher", "default")
        assert entry is not None, "no launcher plays the role 'default'"
        launcher = registry.make_launcher(entry.name, {})
    processes = built.config.processes
    progress.say(f"training on {processes} processes; {folder.path / 'worker0.log'}")
    launcher.launch(folder.path, processes)
    return outcome_of(folder)


def work(path: Path, progress: Progress) -> Outcome:
    """One process's part of a prepared run (called by ``suite.core.worker``)."""
    folder = RunFolder.open(path)
    config = resolve_request(Request(config=path / "config.toml"))
    return _guarded(folder, lambda: _start(build(config, folder=path), folder, progress))


def resume(path: Path, progress: Progress) -> Outcome:
    """Go on with an interrupted run, or one that a budget stopped and whose config.toml raises it.

    Any other finished run is only reported again.

    Raises:
        SuiteError: the folder holds no run.
    """
    folder = RunFolder.open(path)
    config = resolve_request(Request(config=path / "config.toml"))
    info = folder.info()
    raised = config.train.raised(info.get("stopped"), info.get("stopped_at"))
    if info["status"] == "finished" and not raised:
        if not (path / "report.html").exists():  # killed between the last two files
            _report(path)
        return outcome_of(folder)
    now = machine(config.device)
    for key in ("torch", "threads", "cpu", "device"):
        if info["machine"].get(key) != now[key]:
            progress.say(
                f"warning: this run began with {key} {info['machine'].get(key)}, now {now[key]}; "
                "bitwise repetition is not promised"
            )
    folder.update(status="running", stopped=None, stopped_at=None)
    return _guarded(folder, lambda: _go(build(config, folder=path), folder, progress))


def _first_info(config: Config) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "suite": VERSION,
        "task": config.task.name,
        "algo": config.recipe.name,
        "seed": config.seed,
        **_reward_names(config),
        "status": "running",
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": {},
        "machine": machine(config.device),
    }


def _reward_names(config: Config) -> dict[str, str | None]:
    """What scores the run; ``compare`` sets only runs with one held-out reward side by side."""
    task, own = config.task, config.reward or config.reward_cmd
    names = {"reward": task.reward, "held_out_reward": task.held_out_reward}
    found = {key: None if use is None else use.name for key, use in names.items()}
    if task.environment is not None:
        return dict.fromkeys(names, task.environment.name)
    return {**found, "reward": own} if own is not None else found


def _guarded(folder: RunFolder, work: Callable[[], Outcome]) -> Outcome:
    """Whatever ends a run is written down before it is passed on."""
    try:
        return work()
    except KeyboardInterrupt:
        folder.update(status="interrupted")
        raise
    except SuiteError as error:
        _try_update(folder, str(error))
        raise
    except Exception as error:
        _try_update(folder, traceback.format_exc())
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise folder.unwritable(error.filename or "a file", error) from error
        raise


def _try_update(folder: RunFolder, text: str) -> None:
    try:
        with (folder.path / "log.txt").open("a") as log:
            log.write(text + "\n")
        folder.update(status="failed")
    except (OSError, SuiteError):
        return  # a full disk: the error itself is what the user must see


def _start(built: Built, folder: RunFolder, progress: Progress) -> Outcome:
    config = built.config
    folder.writes = built.run.processes.is_main
    _use_base(built, folder, progress)
    run, settings = built.run, built.run.settings
    main = folder.writes
    _record_isolation(run, folder)
    tracker = None
    if main and config.tracker is not None:
        tracker = registry.make_tracker(config.tracker, config.section("tracker"))
    listener = FolderListener(folder, progress, _evaluator(built), writes=main, tracker=tracker)
    trainer = Trainer(run, built.algorithm, folder=folder.path, listener=listener)
    resumed = trainer.resume(progress.say)
    run.processes.barrier()  # nobody writes a checkpoint while another process still reads one
    if resumed:
        progress.say(f"resumed at step {trainer.progress.step} of {settings.num_steps}")
    else:
        folder.cut("metrics.jsonl", 0)
        _check_and_show_base(built, folder, progress)
    with _told(run, trainer, listener):
        progress.phase("training", settings.num_steps)
        progress.advance(trainer.progress.step)
        seconds = _train(trainer, folder)
        if main:
            _finish(built, folder, progress, seconds, trainer)
    return outcome_of(folder)


def _record_isolation(run: Run, folder: RunFolder) -> None:
    """Where model output runs: the level of each reward, and what this machine offers."""
    rewards = {"reward": run.reward, "held_out_reward": run.held_out_reward}
    levels = {key: one.isolation for key, one in rewards.items() if one is not None}
    if any(levels.values()):
        folder.update(isolation={**levels, **isolation_record()})


@contextlib.contextmanager
def _told(run: Run, trainer: Trainer, listener: FolderListener) -> Iterator[None]:
    """Plugins and the tracker hear of a run's start and, however it ends, of its end."""
    listener.on_run_start(run, trainer.progress.step)
    try:
        yield
    except BaseException as error:
        word = "stopped" if isinstance(error, KeyboardInterrupt) else "failed"
        try:
            listener.on_run_end(run, word)
        except Exception as second:  # noqa: BLE001 - it must not hide what ended the run
            error.add_note(f"and the hook suite_on_run_end failed: {second}")
        raise
    word = "finished" if trainer.progress.stopped is None else "stopped"
    listener.on_run_end(run, word)


def _train(trainer: Trainer, folder: RunFolder) -> float:
    """Train; the seconds of all sittings are added up in run.json."""
    before = folder.info()["seconds"].get("train", 0.0)
    started = time.monotonic()
    try:
        trainer.train()
    except BaseException:
        with contextlib.suppress(SuiteError):  # a full disk: what ended the run must be seen
            _note_seconds(folder, "train", before + time.monotonic() - started)
        raise
    seconds = before + time.monotonic() - started
    _note_seconds(folder, "train", seconds)
    return float(seconds)


def _note_seconds(folder: RunFolder, name: str, seconds: float) -> None:
    known = folder.info()["seconds"]
    folder.update(seconds={**known, name: round(seconds, 2)})


def _use_base(built: Built, folder: RunFolder, progress: Progress) -> None:
    """The base's weights, kept in the folder so that a resumed run needs no cache."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file, save_file

    kept = folder.path / "base.safetensors"
    if kept.exists():
        built.run.policy.load_state_dict(load_file(kept))
    else:
        seconds = load_base(built, progress)
        if built.run.processes.is_main:
            state = built.run.policy.state_dict()
            partial = kept.with_suffix(".partial")
            try:
                save_file(on_disk(state), partial)
                partial.replace(kept)
            except SafetensorError as error:  # its word for a full disk
                raise folder.unwritable(kept.name, error) from error
            _note_seconds(folder, "base", seconds)
    freeze_base(built)


def _evaluator(built: Built) -> Callable[[Run, int], dict[str, Any]]:
    def measure(run: Run, step: int) -> dict[str, Any]:
        return dict(evaluate(run, run.policy, metrics=built.metrics, codec=built.codec).numbers)

    return measure


def _check_and_show_base(built: Built, folder: RunFolder, progress: Progress) -> None:
    checks = self_checks(built.run, built.algorithm)
    progress.say("self-checks")
    report(checks, progress.say)
    biased = built.algorithm.biased()
    if biased is not None:
        progress.say(f"  note biased by design: {biased}")
    reward, held_out = built.run.reward, built.run.held_out_reward
    folder.update(
        self_checks=[check.row() for check in checks],
        reward_unit=reward.unit if reward is not None else "return",
        held_out_unit=held_out.unit if held_out is not None else "return",
        algo_target=built.algorithm.target,
    )


def _finish(
    built: Built, folder: RunFolder, progress: Progress, seconds: float, trainer: Trainer
) -> None:
    """Samples before and after, controls, the verdict and the report."""
    run = built.run
    run.processes = run.processes.alone()
    after = evaluate(run, run.policy, metrics=built.metrics, codec=built.codec)
    before = evaluate(run, run.base, metrics=built.metrics, codec=built.codec)
    folder.write_rows("samples_before.jsonl", before.sample_rows())
    folder.write_rows("samples_after.jsonl", after.sample_rows())
    controls: dict[str, Any] = {
        "tuned": {
            **after.numbers,
            "label": f"tuned by {built.config.recipe.name}",
            "reward_calls": run.reward_calls,
            "seconds": round(seconds, 2),
        }
    }
    wanted = built.config.section("controls")
    if wanted.get("enabled", True):
        started = time.monotonic()
        calls, only = run.reward_calls, wanted.get("only")
        controls.update(
            run_controls(built, seconds=seconds, reward_calls=calls, progress=progress, only=only)
        )
        _note_seconds(folder, "controls", time.monotonic() - started)
    else:
        controls["base"] = {**before.numbers, "label": "base policy", "reward_calls": 0}
    folder.write_json("controls.json", controls)
    folder.update(
        status="finished",
        stopped=trainer.progress.stopped,
        stopped_at=trainer.progress.limit,
        reward_calls=run.reward_calls,
        last_line=last_line(controls),
    )
    _report(folder.path)


def _report(path: Path) -> None:
    from suite.core.report import write_report

    write_report(path)


def policy_of(path: Path) -> tuple[Built, dict[str, Any]]:
    """A finished or interrupted run with its newest weights, for sampling and evaluation.

    Raises:
        SuiteError: there is no run, or no good checkpoint in it.
    """
    from suite.core.checkpoint import newest_good
    from suite.core.progress import Silent

    folder = RunFolder.open(path)
    built = build(resolve_request(Request(config=path / "config.toml")))
    _use_base(built, folder, Silent())
    newest, _ = newest_good(path / "checkpoints")
    if newest is None:
        raise SuiteError(
            f"the run in '{path}' has no good checkpoint.\nGo on with it: `suite resume {path}`."
        )
    weights, _ = load_checkpoint(newest)
    built.run.policy.load_state_dict(weights)
    return built, folder.info()
