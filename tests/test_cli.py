import csv
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest

import vrx
from tests.command_line import RECIPE, refused
from vrx.series import Bars


@pytest.fixture
def series(csv_file, bars):
    return csv_file(bars)


@pytest.fixture
def predict(say, series, model_file):
    return lambda *more: say("predict", "--series", series, "--model", model_file, *more)


def misused(said, word):
    """What the parser of the options refuses: exit code 2, a usage and the reason."""
    assert said.code == 2
    assert said.out == ""
    assert word in said.err.lower()  # older typers write an argument in capitals
    assert "Traceback" not in said.err


# -- predict -----------------------------------------------------------------------------------------------------------


def test_predict_prints_the_table_that_the_python_face_gives(predict, bars, model_file):
    said = predict()
    forecast = vrx.load(model_file).predict(bars)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "toy as of 2020-11-15: volatility, 365 days a year"
    for k, horizon in enumerate((1, 5, 22)):
        cells = lines[2 + k].split()
        assert cells[:2] == [str(horizon), f"{forecast.volatility[k]:.2%}"]
        assert cells[2] == f"{forecast.annualised()[k]:.1%}"
        assert cells[3:] == [f"{value:.2%}" for value in forecast.quantiles[k]]
    assert "lstm-attention-ohlc, trained on toy to" in said.out


def test_json_and_csv_hold_the_same_numbers_and_nothing_else_on_standard_output(predict, bars, model_file):
    forecast = vrx.load(model_file).predict(bars)
    as_json, as_csv = predict("--json"), predict("--csv")
    document = json.loads(as_json.out)
    rows = list(csv.DictReader(io.StringIO(as_csv.out)))
    assert [row["volatility"] for row in document["forecast"]] == forecast.volatility.tolist()
    assert [float(row["volatility"]) for row in rows] == forecast.volatility.tolist()
    assert document["model"] == rows[0]["model"] == "lstm-attention-ohlc"


@pytest.mark.parametrize("days", [252, 365])
def test_annualise_changes_the_year_and_no_daily_number(predict, days):
    document, plain = json.loads(predict("--json", "--annualise", days).out), json.loads(predict("--json").out)
    assert document["periods_per_year"] == days
    for row, other in zip(document["forecast"], plain["forecast"], strict=True):
        assert row["volatility"] == other["volatility"]
        assert row["volatility_annualised"] == pytest.approx(row["volatility"] * days**0.5, rel=1e-15)


def test_as_of_forecasts_from_what_was_known_then(predict, bars, model_file):
    document = json.loads(predict("--json", "--as-of", "2020-06-30").out)
    assert document["as_of"] == "2020-06-30"
    wanted = vrx.load(model_file).predict(bars.head(182)).volatility.tolist()
    assert [row["volatility"] for row in document["forecast"]] == wanted


def test_id_takes_one_series_of_a_table(say, tmp_path, market, csv_text, model_file):
    lines = [f"{line},{s.name}" for s in (market(60, 1, "A"), market(60, 2, "B")) for line in csv_text(s).split()[1:]]
    path = tmp_path / "panel.csv"
    path.write_text("Date,open,high,low,close,symbol\n" + "\n".join(lines) + "\n")
    for name, seed in (("A", 1), ("B", 2)):
        document = json.loads(say("predict", "--series", path, "--model", model_file, "--id", name, "--json").out)
        wanted = vrx.load(model_file).predict(market(60, seed)).volatility.tolist()
        assert document["series"] == name
        assert [row["volatility"] for row in document["forecast"]] == wanted
    refused(say("predict", "--series", path, "--model", model_file), 2, "A", "B")


def test_column_names_what_the_detection_cannot_know(say, csv_file, bars, exported):
    path = csv_file(bars, ("close",))
    path.write_text(path.read_text().replace("close", "y1"))
    model = exported("lstm-attention", "close").path
    refused(say("predict", "--series", path, "--model", model), 2, "y1")
    document = json.loads(say("predict", "--series", path, "--model", model, "--column", "y1=close", "--json").out)
    assert document["forecast"][0]["volatility"] == vrx.load(model).predict(bars).volatility[0]


def test_drop_bad_rows_leaves_them_out_aloud(say, series, model_file):
    lines = series.read_text().splitlines()
    lines[100] = lines[100].split(",")[0] + ",1,2,0,1"
    series.write_text("\n".join(lines) + "\n")
    refused(say("predict", "--series", series, "--model", model_file), 2, "row 101", "--drop-bad-rows")
    said = say("predict", "--series", series, "--model", model_file, "--drop-bad-rows")
    assert said.code == 0
    assert "dropped 1 bad row: 101" in said.out


def test_plot_writes_a_png_and_prints_the_table_too(predict, tmp_path):
    pytest.importorskip("matplotlib")
    said = predict("--plot", tmp_path / "out.png")
    assert said.code == 0
    assert said.out == predict().out
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.png", "toy.csv"]


def test_when_the_plot_cannot_be_written_then_nothing_half_written_is_left(predict, tmp_path, monkeypatch):
    refused(predict("--plot", tmp_path / "out.pdf"), 2, "ends in .png")
    refused(predict("--plot", tmp_path / "no" / "out.png"), 2, "the folder does not exist")
    (tmp_path / "taken.png").mkdir()
    refused(predict("--plot", tmp_path / "taken.png"), 2, "is a folder")

    def full(figure, path, **_):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    refused(predict("--plot", tmp_path / "out.png"), 1, "No space left")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["taken.png", "toy.csv"]


BAD = [
    (["predict", "--series", "missing.csv", "--model", "MODEL"], 2, "missing.csv"),
    (["predict", "--series", "empty.csv", "--model", "MODEL"], 2, "empty.csv"),
    (["predict", "--series", "noise.csv", "--model", "MODEL"], 2, "noise.csv"),
    (["predict", "--series", ".", "--model", "MODEL"], 2, ""),
    (["predict", "--series", "", "--model", "MODEL"], 2, ""),
    (["predict", "--series", "sample:moon", "--model", "MODEL"], 2, "no sample"),
    (["predict", "--series", "short.csv", "--model", "MODEL"], 2, "22 daily bars are too few"),
    (["predict", "--series", "close.csv", "--model", "MODEL"], 2, "reads open, high, low, close"),
    (
        ["predict", "--series", "toy.csv", "--model", "MODEL", "--as-of", "2019-01-01"],
        2,
        "no row up to 2019-01-01: the first is of 2020-01-01",
    ),
    (["predict", "--series", "toy.csv", "--model", "MODEL", "--json", "--csv"], 2, "take one"),
    (["predict", "--series", "toy.csv", "--model", "MODEL", "--column", "close"], 2, "NAME=MEANING"),
    (["predict", "--series", "toy.csv", "--model", "MODEL", "--column", "x=close"], 2, "x"),
    (["predict", "--series", "toy.csv", "--model", "MODEL", "--id", "BTC"], 2, "leave series_id (--id) out"),
    (["predict", "--series", "toy.csv", "--model", "gpt"], 2, "no model 'gpt'"),
    (["predict", "--series", "toy.csv", "--model", ""], 2, "no model ''"),
    (["predict", "--series", "toy.csv", "--model", "gpt.onnx"], 3, "No such file"),
    (["predict", "--series", "toy.csv", "--model", "noise.csv"], 3, "not an ONNX file"),
    (["predict", "--series", "toy.csv", "--model", "."], 3, "directory"),
    (["predict", "--series", "toy.csv", "--model", "MODEL", "--sha256", "ab"], 3, "not ab"),
    (["verify", "noise.csv"], 3, "not an ONNX file"),
    (["verify", ""], 2, "no model ''"),
    (["verify", "gpt"], 2, "no model 'gpt'"),
    (["verify", "MODEL", "--sha256", "ab"], 3, "not ab"),
    (["export", "missing", "--out", "m.onnx"], 1, "holds no run"),
    (["export", "RUN", "--out", "m.pt"], 2, "ends in .onnx"),
    (["train", "--target", "toy.csv"], 2, "--out is missing"),
    (["train", "--target", "toy.csv", "--out", "run"], 2, "give --source"),
    (["train", "--source", "toy.csv", "--out", "run"], 2, "give --target"),
    (["train", "--target", "missing.csv", "--strategy", "scratch", "--out", "run"], 2, "missing.csv"),
    (["train", "--source", "missing.csv", "--target", "toy.csv", "--out", "run"], 2, "missing.csv"),
    (["train", "--target", "toy.csv", "--recipe", "best", "--out", "run"], 2, "no recipe 'best'"),
    (["train", "--target", "toy.csv", "--recipe", "missing.toml", "--out", "run"], 2, "missing.toml"),
    (["train", "--target", "toy.csv", "--recipe", "noise.toml", "--out", "run"], 2, "not TOML"),
    (["train", "--target", "toy.csv", "--recipe", "odd.toml", "--out", "run"], 2, "unknown key 'layers'"),
    (["train", "--target", "toy.csv", "--strategy", "magic", "--out", "run"], 2, "take one of scratch"),
    (["train", "--target", "toy.csv", "--model", "gru", "--out", "run"], 2, "--model gru"),
    (["train", "--target", "toy.csv", "--epochs", "0", "--out", "run"], 2, "epochs is 0"),
    (["train", "--target", "toy.csv", "--seed", "-1", "--out", "run"], 2, "seed is -1"),
    (["train", "--target", "short.csv", "--strategy", "scratch", "--out", "run"], 2, "give a longer history"),
    (["train", "--recipe", "universal-rv", "--out", "run"], 2, "--data"),
    (["train", "--recipe", "universal-rv", "--data", ".", "--out", "run"], 2, "indices_rv5_2000_2019"),
    (["train", "--resume", "missing"], 1, "holds no run"),
    (["train", "--resume", "RUN", "--epochs", "3"], 2, "give no other option"),
    (["train", "--resume", "RUN", "--recipe", "dhansoia"], 2, "give no other option"),
    (["train", "--resume", "RUN", "--drop-bad-rows"], 2, "give no other option"),
    (["train", "--target", "toy.csv", "--strategy", "scratch", "--out", "RUN"], 1, "holds a run already"),
]


@pytest.mark.parametrize(("command", "code", "words"), BAD, ids=[" ".join(command) for command, _, _ in BAD])
def test_when_the_input_is_bad_then_one_line_says_so(
    say, tmp_path, monkeypatch, csv_file, bars, model_file, trained, command, code, words
):
    csv_file(bars)
    csv_file(bars, ("close",), "close.csv")
    csv_file(bars.head(22), file="short.csv")
    (tmp_path / "empty.csv").touch()
    for name in ("noise.csv", "noise.toml"):
        (tmp_path / name).write_bytes(bytes(range(255, 0, -1)) * 4)
    (tmp_path / "odd.toml").write_text("layers = 3\n")
    monkeypatch.chdir(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    places = {"MODEL": str(model_file), "RUN": str(trained()[1])}
    refused(say(*(places.get(word, word) for word in command)), code, words)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("command", "word"),
    [
        (["predict"], "--series"),
        (["predict", "--series", "x", "--annualise", "360"], "--annualise"),
        (["predict", "--series", "x", "--as-of", "yesterday"], "--as-of"),
        (["predict", "--series", "x", "--colour"], "--colour"),
        (["train", "--epochs", "many", "--out", "x"], "--epochs"),
        (["export", "run"], "--out"),
        (["verify"], "model"),
        (["forecast"], "forecast"),
    ],
)
def test_when_an_option_is_wrong_then_the_usage_names_it(say, command, word):
    misused(say(*command), word)


def test_the_last_door_tells_a_bug_in_one_line_and_debug_shows_where(predict, monkeypatch):
    monkeypatch.setattr("vrx.runtime.load", lambda *_, **__: 1 / 0)
    refused(predict(), 1, "unexpected ZeroDivisionError", "please report it")
    monkeypatch.setenv("VRX_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        predict()


# -- the other commands ------------------------------------------------------------------------------------------------


def test_when_it_is_interrupted_while_a_command_loads_then_one_line_says_so(say, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("vrx.cli.app.import_module", interrupted)
    refused(say("models"), 130, "vrx: interrupted")


def test_version_and_help(say):
    assert say("--version").out == f"vrx {vrx.__version__}\n"
    for command in ("predict", "train", "export", "models", "verify"):
        assert say(command, "--help").code == 0
        assert command in say("--help").out


def test_models_lists_what_there_is_to_load(say):
    assert [model["name"] for model in json.loads(say("models", "--json").out)] == list(vrx.bundled())
    said = say("models")
    assert said.code == 0
    assert all(name in said.out for name in vrx.bundled())


def test_verify_tells_the_hash_that_predict_takes(say, predict, model_file, exported):
    other = exported("har", "close").path
    found = json.loads(say("verify", model_file, other, "--json").out)
    assert [entry["name"] for entry in found] == ["lstm-attention-ohlc", "har-close"]
    assert all(entry["difference"] <= 1e-5 for entry in found)
    assert predict("--sha256", found[0]["sha256"]).code == 0
    assert "sound" in say("verify", model_file).out


@pytest.fixture(scope="module")
def market_files(tmp_path_factory, market, csv_text):
    folder = tmp_path_factory.mktemp("files")
    for name, seed in (("source", 3), ("target", 4)):
        (folder / f"{name}.csv").write_text(csv_text(market(300, seed, name)))
    (folder / "tiny.toml").write_text(RECIPE)
    return folder


def test_train_export_predict_is_one_line_of_work(say, tmp_path, market_files, monkeypatch):
    monkeypatch.chdir(market_files)
    run, model = tmp_path / "run", tmp_path / "btc.onnx"
    options = ["--source", "source.csv", "--target", "target.csv", "--recipe", "tiny.toml"]
    said = say("train", *options, "--out", run)
    assert said.code == 0, said
    assert "log-har" in said.out
    assert "against log-har" in said.out
    refused(say("train", *options, "--out", run), 1, "holds a run already")

    said = say("export", run, "--out", model, "--json")
    assert said.code == 0, said
    written = json.loads(said.out)
    assert written["bytes"] == model.stat().st_size
    assert json.loads(say("verify", model, "--json").out)[0]["sha256"] == written["sha256"]
    found = json.loads(say("predict", "--series", "target.csv", "--model", model, "--json").out)
    assert found["model"] == "btc"
    assert [origin["name"] for origin in found["trained_on"]] == ["target", "source"]

    again = json.loads(say("train", "--resume", run, "--json").out)
    assert again["epochs"] == 4
    assert again["scores"] == json.loads((run / "run.json").read_text())["scores"]


def test_train_prints_json_alone_when_asked(say, tmp_path, market_files):
    said = say(
        "train", "--target", market_files / "target.csv", "--model", "log-har", "--out", tmp_path / "r", "--json"
    )
    assert said.code == 0
    document = json.loads(said.out)
    assert document["scores"]["seen"]["series"].keys() == {"target"}
    assert json.loads((tmp_path / "r" / "run.json").read_text())["origins"][0]["name"] == "target"


def test_close_only_series_train_a_model_of_closes_and_it_says_so(say, tmp_path, csv_file, bars):
    path = csv_file(bars, ("close",))
    said = say("train", "--target", path, "--model", "har", "--out", tmp_path / "r")
    assert said.code == 0
    assert "reads closes alone" in said.err
    assert json.loads((tmp_path / "r" / "run.json").read_text())["recipe"]["channels"] == ["close"]


def test_the_card_and_its_picture_are_written_beside_the_model_when_asked(say, tmp_path, trained):
    said = say("export", trained("log-har", "close")[1], "--out", tmp_path / "m.onnx", "--card")
    assert said.code == 0
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".md", ".onnx", ".png"]


def test_the_strategy_s_phases_replace_the_recipe_s(say, tmp_path, market_files):
    said = say(
        *("train", "--target", market_files / "target.csv", "--recipe", market_files / "tiny.toml"),
        *("--strategy", "scratch", "--epochs", 1, "--seed", 3, "--out", tmp_path / "r"),
    )
    assert said.code == 0, said
    recipe = json.loads((tmp_path / "r" / "run.json").read_text())["recipe"]
    assert [phase["series"] for phase in recipe["phases"]] == ["target"]
    assert (recipe["phases"][0]["epochs"], recipe["seed"]) == (1, 3)


# -- the process -------------------------------------------------------------------------------------------------------


def command(*words):
    return [sys.executable, "-c", "from vrx.cli import main; main()", *map(str, words)]


@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]])
def test_when_the_reader_has_seen_enough_then_there_is_no_traceback(series, model_file, form):
    pipe = subprocess.Popen(
        command("predict", "--series", series, "--model", model_file, *form),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    pipe.stdout.close()  # what head -0 does, before a line is written
    assert pipe.stderr.read() == ""
    pipe.stderr.close()
    assert pipe.wait(timeout=60) in (0, 1)


def test_the_exit_code_reaches_the_shell(tmp_path):
    done = subprocess.run(command("verify", tmp_path / "x.onnx"), capture_output=True, text=True, timeout=60)
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1


def test_a_terminal_without_unicode_gets_an_answer_too(series, model_file):
    done = subprocess.run(
        command("predict", "--series", series, "--model", model_file),
        capture_output=True,
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_notes_of_the_front_door_go_where_machines_do_not_read(say, tmp_path, bars, csv_text, model_file):
    gap = Bars({name: bars[name] for name in ("open", "high", "low", "close")}, bars.dates.copy(), "toy", 365, ())
    gap.dates[200:] = gap.dates[200:] + np.timedelta64(20, "D")
    (tmp_path / "toy.csv").write_text(csv_text(gap))
    said = say("predict", "--series", tmp_path / "toy.csv", "--model", model_file, "--csv")
    assert said.code == 0
    assert len(list(csv.reader(io.StringIO(said.out)))) == 4
    assert "gaps of more than 10 days" in said.err


def test_train_reads_one_series_of_a_long_table_and_the_columns_that_are_named(say, bars, tmp_path):
    days = [str(day) for day in bars.dates]
    lines = ["unique_id,ds,y"] + [
        f"{name},{day},{value!r}"
        for name, factor in (("a", 1.0), ("b", 2.0))
        for day, value in zip(days, (factor * bars["close"]).tolist(), strict=True)
    ]
    (tmp_path / "long.csv").write_text("\n".join(lines) + "\n")
    said = say("train", "--model", "log-har", "--target", tmp_path / "long.csv", "--id", "b", "--column", "y=close",
               "--out", tmp_path / "run", "--json")  # fmt: skip
    assert said.code == 0, said.err
    assert json.loads((tmp_path / "run" / "run.json").read_text())["origins"][0]["name"] == "b"


def test_when_a_model_without_pretraining_is_given_a_source_then_it_is_refused(say, csv_file, bars, tmp_path):
    file = csv_file(bars)
    said = say("train", "--model", "har", "--source", file, "--target", file, "--out", tmp_path / "run")
    assert said.code == 2
    assert "drop --source" in said.err


def test_when_run_json_does_not_say_how_it_was_begun_then_resume_says_so_in_one_line(say, tmp_path):
    (tmp_path / "run.json").write_text("{}")
    said = say("train", "--resume", tmp_path)
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert "does not say how the run was begun: train again" in said.err
