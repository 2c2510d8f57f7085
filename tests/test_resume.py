"""Killed at any moment and resumed, a run ends with the bits of one that was left alone."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from vrx.errors import TrainingError, VrxError
from vrx.training import checkpoint
from vrx.training.ensemble import folders_of
from vrx.training.folder import open_run
from vrx.training.recipe import Phase
from vrx.training.run import execute
from vrx.training.seeds import execute_seeds

OHLC = ("open", "high", "low", "close")
RECIPE = """
channels = ["open", "high", "low", "close"]
[network]
hidden = 8
layers = 1
heads = 2
bottleneck = 8
[[phases]]
series = "source"
epochs = 30
patience = 30
plateau = 3
batch_size = 4
[[phases]]
series = "target"
parameters = ["head"]
learning_rate = 1e-4
epochs = 30
patience = 30
plateau = 3
batch_size = 4
"""
KILLS = 4


def weights(folder):
    return {name: value.numpy().tobytes() for name, value in checkpoint.load(folder / "model.safetensors")[0].items()}


def said_alike(one, two):
    """The two runs' documents but for seconds, which no two runs share, and where the files lay."""
    documents = [json.loads((folder / "run.json").read_text()) for folder in (one, two)]
    for document in documents:
        for epoch in document["history"]:
            del epoch["seconds"]
        del document["files"]
    return documents[0] == documents[1]


@pytest.fixture(scope="module")
def files(tmp_path_factory, market, csv_text):
    folder = tmp_path_factory.mktemp("resume")
    for name, seed in (("source", 7), ("target", 8)):
        (folder / f"{name}.csv").write_text(csv_text(market(300, seed, name)))
    (folder / "tiny.toml").write_text(RECIPE)
    return folder


def command(*words):
    return [sys.executable, "-c", "from vrx.cli import main; main()", "train", *map(str, words)]


def begin(files, out):
    return command(
        "--source",
        files / "source.csv",
        "--target",
        files / "target.csv",
        "--recipe",
        files / "tiny.toml",
        "--out",
        out,
    )


@pytest.fixture(scope="module")
def alone(files, tmp_path_factory):
    """The same run, left alone; and how long it took from its first checkpoint to its end."""
    out = tmp_path_factory.mktemp("alone") / "run"
    process = subprocess.Popen(begin(files, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not (out / "state.safetensors").exists():
        time.sleep(0.005)
    began = time.monotonic()
    assert process.wait(timeout=120) == 0
    return out, time.monotonic() - began


def kill_after(words, out, seconds, inside=False):
    """Start a run, wait for its first new checkpoint and then so long, and kill it dead: inside a write, if asked.

    Whether it was still alive.
    """
    state = out / "state.safetensors"
    stood = state.stat().st_mtime_ns if state.exists() else 0
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and (state.stat().st_mtime_ns if state.exists() else 0) == stood:
        time.sleep(0.001)
    time.sleep(seconds)
    while inside and process.poll() is None and not (out / ".state.safetensors.part").exists():
        pass
    alive = process.poll() is None
    if alive:
        process.send_signal(signal.SIGKILL)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == (-signal.SIGKILL if alive else 0), error
    return alive


def test_killed_again_and_again_a_run_ends_with_the_bits_of_one_left_alone(files, alone, tmp_path):
    whole, seconds = alone
    out = tmp_path / "run"
    rng = random.Random(20240101)
    epochs, killed = [], 0
    words = begin(files, out)
    for k in range(KILLS):
        killed += kill_after(words, out, rng.uniform(0.0, seconds / KILLS), inside=k % 2 == 1)
        words = command("--resume", out)
        # Whatever the moment, the folder holds one whole checkpoint, of the last finished epoch or the one before.
        state = checkpoint.load(out / "state.safetensors")[1]
        epochs.append(len(state["history"]))
    assert killed >= 2
    assert epochs == sorted(epochs)
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert weights(out) == weights(whole)
    assert (
        checkpoint.load(out / "state.safetensors")[0].keys() == checkpoint.load(whole / "state.safetensors")[0].keys()
    )
    assert said_alike(out, whole)
    assert sorted(path.name for path in out.iterdir()) == ["model.safetensors", "run.json", "state.safetensors"]
    assert len(open_run(out).history) == 60


TWO = (
    Phase("source", epochs=3, batch_size=64),
    Phase("target", ("head",), epochs=3, batch_size=32, learning_rate=1e-4),
)


class StoppedError(Exception):
    """What stands for a kill where the moment must be exact."""


def stopping(at):
    def report(epoch):
        if (epoch.phase, epoch.epoch) == at:
            raise StoppedError

    return report


@pytest.fixture(scope="module")
def finished(tiny, pair, tmp_path_factory):
    out = tmp_path_factory.mktemp("finished") / "run"
    execute(tiny(phases=TWO), [pair[0]], [pair[1]], out)
    return out


@pytest.mark.parametrize("at", [(phase, epoch) for phase in range(2) for epoch in range(3)])
def test_stopped_after_any_epoch_of_any_phase_it_goes_on_to_the_same_bits(tiny, pair, finished, tmp_path, at):
    source, target = pair
    with pytest.raises(StoppedError):
        execute(tiny(phases=TWO), [source], [target], tmp_path / "run", report=stopping(at))
    seen = []
    run = execute(tiny(phases=TWO), [source], [target], tmp_path / "run", resume=True, report=seen.append)
    assert [(epoch.phase, epoch.epoch) for epoch in seen] == [(p, e) for p in range(2) for e in range(3) if (p, e) > at]
    assert weights(tmp_path / "run") == weights(finished)
    assert said_alike(tmp_path / "run", finished)
    assert len(run.history) == 6


def test_when_only_what_the_targets_come_of_differs_then_the_resume_is_refused_too(tiny, pair, tmp_path):
    """A model of closes, fitted to the variance that highs and lows show."""
    recipe = tiny("close", horizons=(1,))
    execute(recipe, [], [pair[1]], tmp_path / "run")
    with pytest.raises(TrainingError, match="begun with another variance"):
        execute(recipe, [], [changed(pair[1], 100, "high")], tmp_path / "run", resume=True)


def test_early_stopping_and_the_plateau_s_count_survive_a_resume(tiny, pair, tmp_path):
    phase = Phase("target", epochs=40, patience=5, plateau=1, learning_rate=0.1, batch_size=16)
    for name in ("whole", "cut"):
        out = tmp_path / name
        if name == "cut":
            for stop in (0, 2, 3):
                with pytest.raises(StoppedError):
                    execute(tiny(phases=(phase,)), [], [pair[1]], out, resume=out.exists(), report=stopping((0, stop)))
        run = execute(tiny(phases=(phase,)), [], [pair[1]], out, resume=out.exists())
        assert len(run.history) < 40
    assert weights(tmp_path / "whole") == weights(tmp_path / "cut")
    assert said_alike(tmp_path / "whole", tmp_path / "cut")


def test_resuming_a_finished_run_changes_no_byte(tiny, pair, finished):
    before = {path.name: path.read_bytes() for path in finished.iterdir()}
    execute(tiny(phases=TWO), [pair[0]], [pair[1]], finished, resume=True, report=lambda _: pytest.fail("trained"))
    assert {path.name: path.read_bytes() for path in finished.iterdir()} == before


@pytest.mark.parametrize("at", [None, (1, 0)])
def test_a_run_from_before_a_key_that_the_recipe_leaves_at_its_default_is_resumed(tiny, pair, finished, tmp_path, at):
    folder, seen = tmp_path / "older", []
    if at is None:
        shutil.copytree(finished, folder)
    else:
        with pytest.raises(StoppedError):
            execute(tiny(phases=TWO), [pair[0]], [pair[1]], folder, report=stopping(at))
    document = json.loads((folder / "run.json").read_text())
    del document["recipe"]["network"]["naive_unit"]
    (folder / "run.json").write_text(json.dumps(document))
    execute(tiny(phases=TWO), [pair[0]], [pair[1]], folder, resume=True, report=seen.append)
    assert len(seen) == (0 if at is None else 2)
    assert weights(folder) == weights(finished)


def changed(bars, row, name="close"):
    values = bars[name].copy()
    values[row] *= 1.0 + 1e-12
    return type(bars)({**bars.columns, name: values}, bars.dates, bars.name, 365, ())


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ("recipe", "recipe"),
        ("seed", "recipe"),
        ("a number of the source", "origins"),
        ("a number of the target", "origins"),
        ("fewer rows", "origins"),
        ("another name", "origins"),
        ("torch", "torch"),
    ],
)
def test_when_recipe_data_or_torch_differ_then_the_resume_is_refused_in_one_line(
    tiny, pair, finished, monkeypatch, change, key
):
    source, target = pair
    recipe = tiny(phases=TWO)
    if change == "recipe":
        recipe = tiny(phases=TWO[:1])
    elif change == "seed":
        recipe = tiny(phases=TWO, seed=1)
    elif change == "a number of the source":
        source = changed(source, 50)
    elif change == "a number of the target":
        target = changed(target, 150)
    elif change == "fewer rows":
        source = source.head(205)
    elif change == "another name":
        source = type(source)(source.columns, source.dates, "other", 365, ())
    else:
        monkeypatch.setattr("torch.__version__", "9.9")
    before = {path.name: path.read_bytes() for path in finished.iterdir()}
    with pytest.raises(TrainingError, match=f"begun with another {key}") as caught:
        execute(recipe, [source], [target], finished, resume=True)
    assert "\n" not in str(caught.value)
    assert {path.name: path.read_bytes() for path in finished.iterdir()} == before


@pytest.mark.parametrize("content", [b"", b"x" * 100, "half", "empty"])
def test_when_the_checkpoint_is_damaged_then_the_resume_says_so(tiny, pair, tmp_path, content):
    with pytest.raises(StoppedError):
        execute(tiny(phases=TWO), [pair[0]], [pair[1]], tmp_path / "run", report=stopping((0, 1)))
    state = tmp_path / "run" / "state.safetensors"
    if content == "empty":
        checkpoint.save(state, {}, {})
    else:
        state.write_bytes(state.read_bytes()[: state.stat().st_size // 2] if content == "half" else content)
    with pytest.raises(VrxError, match=r"state\.safetensors: .*train again") as caught:
        execute(tiny(phases=TWO), [pair[0]], [pair[1]], tmp_path / "run", resume=True)
    assert "\n" not in str(caught.value)


def test_what_a_killed_write_left_is_overwritten_and_breaks_nothing(tiny, pair, finished, tmp_path):
    with pytest.raises(StoppedError):
        execute(tiny(phases=TWO), [pair[0]], [pair[1]], tmp_path / "run", report=stopping((0, 1)))
    for name in ("state.safetensors", "run.json", "model.safetensors"):
        (tmp_path / "run" / f".{name}.part").write_bytes(os.urandom(50))
    execute(tiny(phases=TWO), [pair[0]], [pair[1]], tmp_path / "run", resume=True)
    assert weights(tmp_path / "run") == weights(finished)
    assert not list((tmp_path / "run").glob(".*"))


def test_when_the_folder_was_made_and_nothing_written_then_a_new_run_takes_it(tiny, pair, finished, tmp_path):
    (tmp_path / "run").mkdir()
    execute(tiny(phases=TWO), [pair[0]], [pair[1]], tmp_path / "run")
    assert weights(tmp_path / "run") == weights(finished)
    shutil.rmtree(tmp_path / "run")


def test_a_checkpoint_that_no_run_claims_is_not_gone_on_with(tiny, pair, finished, tmp_path):
    out = tmp_path / "run"
    execute(tiny(phases=TWO, seed=1), [pair[0]], [pair[1]], out)
    (out / "run.json").unlink()
    execute(tiny(phases=TWO), [pair[0]], [pair[1]], out)
    assert weights(out) == weights(finished)


def test_a_run_and_the_runs_of_several_seeds_do_not_share_a_folder(tiny, pair, tmp_path):
    series, several, alone = [pair[1]], tmp_path / "several", tmp_path / "alone"
    execute(tiny(seed=2), [], series, several / "seed-2")
    execute(tiny(seed=7), [], series, alone)
    assert folders_of(several) == [several / "seed-2"] and folders_of(alone) == [alone]
    with pytest.raises(TrainingError, match="several: holds the runs of several seeds: take another --out"):
        execute(tiny(seed=7), [], series, several)
    with pytest.raises(TrainingError, match="alone: holds a run of one seed: take another --out"):
        execute_seeds(tiny(), [], series, alone, [1, 2])
    with pytest.raises(TrainingError, match=r"give one of them, such as .*seed-2, or go on with all by the command"):
        open_run(several)
    # No command leaves both in one folder, but a copy may.
    shutil.copytree(alone, several, dirs_exist_ok=True)
    with pytest.raises(TrainingError, match=r"several: holds a run of its own beside .*, such as seed-2: move one"):
        folders_of(several)


def test_a_run_beside_the_seeds_of_its_folder_is_one_of_them_and_other_folders_are_none(tiny, pair, tmp_path):
    for name in ("seed-10", "seed-9"):
        execute(tiny(seed=int(name[5:])), [], [pair[1]], tmp_path / name)
    for name in ("seed-\u00b2", "seed-x", "seed-11"):  # a figure that is no number, a word, a folder without a run
        (tmp_path / name).mkdir()
    (tmp_path / "seed-\u00b2" / "run.json").write_text("{}")
    assert [path.name for path in folders_of(tmp_path)] == ["seed-9", "seed-10"]
