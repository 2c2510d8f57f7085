"""``vrx evaluate``, and the pictures of ``vrx train``."""

import base64
import csv
import io
import re

import numpy as np
import pytest

from tests.command_line import ALONE as RECIPE
from tests.command_line import SHARES, refused, strict
from vrx.cli import evaluate_models, whole
from vrx.cli.evaluate_models import Networks, answer
from vrx.evaluation import Task, metrics
from vrx.evaluation.split import Cuts

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def toy(csv_file, bars):
    return csv_file(bars)


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE)
    return path


def models_of(document):
    return [row["model"] for row in document["scores"]]


def test_the_baselines_are_always_there_and_every_model_has_the_same_days(say, toy):
    said = say("evaluate", "--series", toy, "--models", "har,log-har", "--json", *SHARES)
    assert (said.code, said.err) == (0, "")
    document = strict(said.out)
    assert models_of(document) == ["random-walk", "ewma", "har", "log-har"]
    assert document["n"] <= document["given"]
    assert document["protocol"] == "next-day" and document["measure"] == "garman_klass"
    assert any("refitted every day" in note for note in document["notes"])
    assert {"vrx", "numpy", "arch", "statsmodels"} <= document["versions"].keys()
    rolling = strict(say("evaluate", "--series", toy, "--protocol", "rolling", "--json", *SHARES).out)
    assert models_of(rolling) == ["random-walk", "ewma", "har", "log-har", "overlap"]
    assert any("fitted once" in note for note in rolling["notes"])


def test_the_table_marks_the_best_of_every_column(say, toy):
    said = say("evaluate", "--series", toy, "--models", "garch", *SHARES)
    assert said.code == 0
    lines = said.out.splitlines()
    table = lines[2:8]
    assert table[0].split()[:5] == ["model", "RMSE", "MAE", "R^2", "corr."]
    assert [line.split()[0] for line in table[1:]] == ["random-walk", "ewma", "har", "log-har", "garch"]
    document = strict(say("evaluate", "--series", toy, "--models", "garch", "--json", *SHARES).out)
    best = min(document["scores"], key=lambda row: row["qlike"])["model"]
    (marked,) = (line for line in table[1:] if re.search(rf"{min(r['qlike'] for r in document['scores']):.4f}\*", line))
    assert marked.split()[0] == best
    assert sum(line.count("*") for line in table[1:]) == 7
    assert max(map(len, table)) <= 124


def test_a_narrow_terminal_loses_no_digit(toy, fresh):
    code = "import os, sys; os.environ['COLUMNS'] = '60'; sys.argv[0] = 'vrx'; from vrx.cli import main; main()"
    said = fresh(code, "evaluate", "--series", toy, "--models", "dynamic-fractional", *SHARES)
    assert said.code == 0
    assert "…" not in said.out
    assert re.search(r"^dynamic-fractional .* (in|out) \d\.\d{3}$", said.out, re.M)


def test_the_csv_holds_every_forecast_that_was_scored(say, toy, tmp_path):
    out = tmp_path / "out.csv"
    document = strict(say("evaluate", "--series", toy, "--csv", out, "--json", *SHARES).out)
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert list(rows[0]) == ["unique_id", "ds", "model", "horizon", "y", "variance", "log_variance", "cutoff"]
    assert len(rows) == document["n"] * len(document["scores"])
    for score in document["scores"]:
        mine = [row for row in rows if row["model"] == score["model"]]
        assert (mine[0]["ds"], mine[-1]["ds"]) == (document["first"], document["last"])
        values = [[float(row[name]) for row in mine] for name in ("variance", "y")]
        assert metrics.qlike(*values) == pytest.approx(score["qlike"], rel=1e-12)
        logs = [0.5 * float(row["log_variance"]) for row in mine]
        assert metrics.rmse(logs, 0.5 * np.log(values[1])) == pytest.approx(score["rmse"], rel=1e-12)
        assert all(np.datetime64(row["ds"]) == np.datetime64(row["cutoff"]) + 1 for row in mine)


@pytest.mark.parametrize("protocol", ["next-day", "rolling"])
def test_networks_are_trained_in_silence_and_drawn(say, toy, recipe, tmp_path, protocol):
    plot, report = tmp_path / "out.png", tmp_path / "out.html"
    options = ("--recipe", recipe, "--protocol", protocol, "--plot", plot, "--report", report, *SHARES)
    said = say("evaluate", "--series", toy, "--models", "regimes,hybrid,egarch", "--json", *options)
    assert (said.code, said.err) == (0, "")
    document = strict(said.out)
    assert models_of(document)[-3:] == ["regimes", "hybrid", "egarch"]
    assert all(np.isfinite(row["rmse"]) and row["in_mcs"] is not None for row in document["scores"])
    assert any(note.startswith("regimes: ") and "2 epochs" in note for note in document["notes"])
    assert plot.read_bytes()[:8] == PNG
    page = report.read_text()
    for words in ("regimes: probabilities of the regimes", "hybrid: weight of HAR by epoch", "vrx evaluate", "torch"):
        assert words in page
    again = say("evaluate", "--series", toy, "--models", "regimes,hybrid,egarch", "--json", *options)
    assert strict(again.out)["scores"] == document["scores"]


def test_the_report_needs_nothing_beside_it_and_escapes_what_it_is_given(say, bars, csv_file, tmp_path):
    toy, out = csv_file(bars, file="a<b>&c.csv"), tmp_path / "out.html"
    assert say("evaluate", "--series", toy, "--report", out, *SHARES).code == 0
    page = out.read_text()
    assert "a&lt;b&gt;&amp;c" in page and "a<b>" not in page
    assert not re.search(r"<script|<link|https?://|@import|url\(", page)
    pictures = re.findall(r'(?:src|srcset)="([^"]*)"', page)
    assert len(pictures) == 4  # two pictures, each for a light and a dark page
    for picture in pictures:
        kind, data = picture.split(",", 1)
        assert kind == "data:image/png;base64"
        assert base64.b64decode(data)[:8] == PNG
    assert "prefers-color-scheme: dark" in page


def test_a_network_says_the_same_of_a_day_whatever_the_test_part_holds_after_it(bars, only, recipe):
    series, day = only(bars, ("open", "high", "low", "close")), 290
    at = Cuts(bars.dates[180], bars.dates[250])
    columns = {name: values.copy() for name, values in series.columns.items()}
    for values in columns.values():
        values[day + 1 :] *= np.exp(0.2 * np.random.default_rng(3).normal(size=len(values) - day - 1))
    other = type(series)(columns, series.dates, series.name, 365, ())
    for name in ("regimes", "lstm-attention"):
        one, two = (
            answer(name, Task(each, at=at), Networks(str(recipe)), quiet=True).forecasts for each in (series, other)
        )
        for part in ("variance", "log_variance"):
            assert np.array_equal(getattr(one, part)[: day + 1], getattr(two, part)[: day + 1], equal_nan=True)
        assert np.isfinite(one.variance[251 : day + 1]).all()
        assert one.variance[day + 1] != two.variance[day + 1]


def test_a_model_file_is_asked_as_it_is_and_its_training_is_held_against_it(say, toy, bars, model_file, exported):
    said = say("evaluate", "--series", toy, "--models", model_file, "--against", "har", "--json", *SHARES)
    assert said.code == 0
    document = strict(said.out)
    name = model_file.stem
    assert models_of(document)[-1] == name
    assert document["against"] == "har"
    # It was trained to the end of its validation part, a day of our validation part: no word of it.
    assert not any("not out of sample" in note for note in document["notes"])
    early = say("evaluate", "--series", toy, "--models", model_file, "--train-end", "2020-07-01", "--validation-end",
                str(bars.dates[230]), "--json")  # fmt: skip
    assert any(f"{name}: saw data up to 2020-08-27" in note for note in strict(early.out)["notes"])
    assert document["scores"][-1]["seen_until"] is None
    seen = strict(early.out)["scores"][-1]
    shown = say("evaluate", "--series", toy, "--models", model_file, "--train-end", "2020-07-01", "--validation-end",
                str(bars.dates[230])).out  # fmt: skip
    (marked,) = (line for line in shown.splitlines() if line.startswith(f"{name}\N{DAGGER}"))
    assert "*" not in marked and "never best" in shown
    assert (seen["seen_until"], seen["in_mcs"], seen["mcs_p"]) == ("2020-08-27", None, None)
    rolling = strict(say("evaluate", "--series", toy, "--models", model_file, "--protocol", "rolling", "--json").out)
    assert any("the returns that the window keeps are known" in note for note in rolling["notes"])


REFUSED = [
    (["--models", "arima"], 2, "--models arima: take from lstm-attention"),
    (["--models", "overlap-network"], 2, "add --protocol rolling"),
    (["--models", "garch,garch"], 2, "give each once"),
    (["--models", "garch", "--horizon", "5"], 2, "one day ahead"),
    (["--models", "universal-ohlc", "--horizon", "7"], 2, "change --horizon"),
    (["--models", "missing.onnx"], 3, "missing.onnx"),
    (["--models", "hybrid", "--recipe", "best"], 2, "no recipe 'best'"),
    (["--models", "hybrid", "--recipe", "rolling"], 2, "add --protocol rolling"),
    (["--models", "hybrid", "--strategy", "magic"], 2, "take one of scratch"),
    (["--models", "hybrid", "--strategy", "full"], 2, "give --source"),
    (["--models", "hybrid", "--strategy", "scratch", "--source", "toy.csv"], 2, "drop it"),
    (["--models", "hybrid", "--epochs", "0"], 2, "epochs is 0"),
    (["--epochs", "3"], 2, "name one in --models"),
    (["--seed", "-1"], 2, "--seed -1"),
    (["--horizon", "0"], 2, "horizon"),
    (["--protocol", "rolling", "--horizon", "5"], 2, "one day ahead"),
    (["--protocol", "rolling", "--window", "1"], 2, "window"),
    (["--protocol", "rolling", "--window", "400"], 2, "has 400 returns before it: give a longer history, or a shorter"),
    (["--window", "22"], 2, "--window 22: the next day has no window: add --protocol rolling"),
    (["--window", "5", "--protocol", "next-day"], 2, "--window 5: the next day has no window"),
    (["--against", "garch"], 2, "--against garch: the models are random-walk"),
    (["--train-share", "0.9"], 2, "leave room"),
    (["--train-share", "0.9", "--train-end", "2020-05-01"], 2, "not by both"),
    (["--train-end", "2020-05-01"], 2, "give both"),
    (["--train-end", "2020-05-01", "--validation-end", "2020-05-01"], 2, "let it come after"),
    (["--train-end", "May", "--validation-end", "2020-05-01"], 2, "--train-end May: is no day"),
    (["--train-end", "20200501", "--validation-end", "2020-06-01"], 2, "--train-end 20200501: is no day"),
    (["--train-end", "2020-05-01", "--validation-end", "2020-6-1"], 2, "--validation-end 2020-6-1: is no day"),
    (["--train-end", "2020-05-01", "--validation-end", "2020-W23-1"], 2, "2020-W23-1: is no day"),
    (["--train-end", "2020-05-01", "--validation-end", "2030-01-01"], 2, "end train and validation earlier"),
    (["--train-end", "2020-05-01", "--validation-end", "2030-01-01"], 2, "no day of the test part"),
    (["--train-share", "0.2", "--validation-share", "0.2", "--column", "Close=price"], 2, "price"),
    (["--csv", "out.txt"], 2, "ends in .csv"),
    (["--csv", "none/out.csv"], 2, "the folder does not exist"),
    (["--plot", "out.jpg"], 2, "ends in .png"),
    (["--report", "out.htm"], 2, "ends in .html"),
    (["--models", "har.onnx"], 2, "the baseline har has that name: rename the file"),
    (["--csv", "toy.csv"], 2, "--csv toy.csv: would overwrite what --series names"),
    (["--csv", "source.csv", "--source", "source.csv"], 2, "would overwrite what --source names"),
    (["--csv", f"{'x' * 250}.csv"], 2, "cannot be written"),
]


@pytest.mark.parametrize(("options", "code", "words"), REFUSED, ids=[" ".join(row[0]) for row in REFUSED])
def test_what_cannot_be_done_is_refused_in_one_line_and_leaves_nothing(
    say, toy, tmp_path, monkeypatch, options, code, words
):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    refused(say("evaluate", "--series", "toy.csv", *options), code, words)
    assert sorted(tmp_path.iterdir()) == before


def test_when_a_file_to_write_is_a_link_to_one_that_is_read_or_written_then_it_is_refused(say, toy, tmp_path):
    before = toy.read_bytes()
    link, picture, page = tmp_path / "link.csv", tmp_path / "out.png", tmp_path / "out.html"
    link.hardlink_to(toy)
    refused(say("evaluate", "--series", toy, "--csv", link), 2, "would overwrite what --series names")
    picture.symlink_to(page)
    refused(say("evaluate", "--series", toy, "--plot", picture, "--report", page), 2, "what --report names")
    folder = tmp_path / "markets"
    folder.mkdir()
    (folder / "one.csv").write_bytes(before)
    options = ("--models", "hybrid", "--source", folder, "--csv", folder / "one.csv")
    refused(say("evaluate", "--series", toy, *options), 2, "would overwrite what --source names")
    assert toy.read_bytes() == before == (folder / "one.csv").read_bytes()


def test_the_table_is_out_before_a_file_fails_to_be_written(say, toy, tmp_path, monkeypatch):
    def full(path, text):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(whole, "write", full)
    said = say("evaluate", "--series", toy, "--csv", tmp_path / "out.csv", *SHARES)
    assert said.code != 0 and "No space left" in said.err
    assert "log-har" in said.out


def test_when_the_history_is_too_short_for_the_baselines_then_it_is_said(say, bars, csv_file):
    short = csv_file(bars.head(200), file="short.csv")
    words = "short: no day of the test part is forecast by all models: har and log-har start at day 253, and day 199 is"
    refused(say("evaluate", "--series", short), 2, words, "give a longer history")
    early = ("--train-share", "0.2", "--validation-share", "0.2", "--protocol", "rolling")
    refused(say("evaluate", "--series", short, *early), 2, "overlap is fitted", "let train and validation end later")


def test_a_picture_that_cannot_be_written_or_would_overwrite_is_refused_by_every_command(say, toy, tmp_path):
    before, link, long = toy.read_bytes(), tmp_path / "link.png", tmp_path / f"{'x' * 250}.png"
    link.symlink_to(toy)
    refused(say("predict", "--series", toy, "--plot", link), 2, f"--plot {link}: would overwrite what --series names")
    refused(say("predict", "--series", toy, "--model", link, "--plot", link), 2, "would overwrite what --series names")
    model = tmp_path / "model.png"
    options = ("predict", "--series", toy, "--model", model, "--plot", model)
    refused(say(*options), 2, "would overwrite what --model names")
    for command in (("predict", "--series"), ("hurst", "--series"), ("volatility", "--series")):
        refused(say(*command, toy, "--plot", long), 2, "cannot be written")
    refused(say("train", "--target", toy, "--out", tmp_path / "run", "--plot", long), 2, "cannot be written")
    assert toy.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.png", "toy.csv"]


def test_train_draws_the_losses_and_the_weights_of_every_epoch(say, toy, recipe, tmp_path):
    plot = tmp_path / "history.png"
    options = ("--target", toy, "--recipe", recipe, "--model", "hybrid")
    assert say("train", *options, "--out", tmp_path / "run", "--plot", plot, "--json").code == 0
    assert plot.read_bytes()[:8] == PNG
    refused(say("train", *options, "--out", tmp_path / "other", "--plot", tmp_path / "x.jpg"), 2, "ends in .png")
    assert not (tmp_path / "other").exists()
    again = tmp_path / "again.png"
    assert say("train", "--resume", tmp_path / "run", "--plot", again, "--json").code == 0
    assert again.read_bytes() == plot.read_bytes()


def test_a_model_without_epochs_has_no_history_to_draw(say, toy, tmp_path):
    command = ("train", "--target", toy, "--model", "log-har", "--out", tmp_path / "run", "--plot", tmp_path / "x.png")
    refused(say(*command), 2, "log-har is fitted in one go")
    assert not (tmp_path / "run").exists()


def test_three_quantiles_show_the_mean_of_a_skewed_logarithm():
    rng = np.random.default_rng(5)
    logs = rng.gamma(2.0, 0.5, 200_000)
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    quantiles = np.exp(0.5 * np.quantile(logs, levels))[None]
    found = evaluate_models._mean_log(quantiles, levels)
    assert found == pytest.approx(logs.mean(), abs=0.005)
    assert abs(np.median(logs) - logs.mean()) > 0.1
    assert evaluate_models._mean_log(quantiles[:, 1:4], levels[1:4]) is None
