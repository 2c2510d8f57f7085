"""``vrx runs``, and what ``vrx predict`` and ``vrx evaluate`` record with ``--store``."""

import hashlib
import json
import sys
from datetime import date

import pytest

import vrx
from tests.command_line import SHARES, refused, strict
from vrx.cli import storing
from vrx.store import Artefact, ForecastRow, Run, ScoreRow, open_store

SECRET = "postgresql+psycopg://me:s3cret@host/db"


@pytest.fixture
def toy(csv_file, bars):
    return csv_file(bars)


@pytest.fixture
def store(tmp_path):
    return tmp_path / "runs.db"


def listed(say, store, *options):
    said = say("runs", "list", "--store", store, "--json", *options)
    assert (said.code, said.err) == (0, "")
    return strict(said.out)


def shown_run(say, store, name):
    said = say("runs", "show", name, "--store", store, "--json")
    assert (said.code, said.err) == (0, "")
    return strict(said.out)


# -- what is recorded --------------------------------------------------------------------------------------------------


def test_predict_records_what_it_says(say, toy, store, model_file):
    said = say("predict", "--series", toy, "--model", model_file, "--store", store, "--json")
    document = strict(said.out)
    (row,) = listed(say, store)["runs"]
    assert said.code == 0
    assert said.err == f"{store}: run {row['id'][:12]}\n"
    assert (row["command"], row["series"], row["forecasts"], row["artefacts"]) == (
        "predict",
        "toy",
        len(document["forecast"]),
        2,
    )
    run = shown_run(say, store, row["id"][:8])
    for kept, printed in zip(run["forecasts"], document["forecast"], strict=True):
        assert {name: kept[name] for name in ("horizon", "variance", "volatility")}.items() <= printed.items()
        assert {f"q{level}": q for level, q in kept["quantiles"].items()}.items() <= printed.items()
        assert (kept["as_of"], kept["model"]) == (document["as_of"], document["model"])
        assert kept["model_sha256"] == vrx.load(model_file).sha256
    files = {file["path"]: (file["sha256"], file["bytes"]) for file in run["artefacts"]}
    wanted = {str(toy): toy, model_file.name: model_file}
    assert files == {name: (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_size) for name, p in wanted.items()}
    assert run["facts"]["target"] == document["target"]
    assert run["facts"]["versions"]["vrx"] == vrx.__version__


def test_when_predict_says_the_same_again_then_it_is_recorded_once(say, toy, store, model_file):
    ask = ("predict", "--series", toy, "--model", model_file, "--store", store)
    first, second = say(*ask), say(*ask)
    assert first.out == second.out
    assert second.err == first.err.replace("\n", ", which was there already\n")
    assert listed(say, store)["total"] == 1
    assert say(*ask, "--as-of", "2020-10-01").code == 0
    assert listed(say, store)["total"] == 2


def test_evaluate_records_every_forecast_and_every_score(say, toy, store, tmp_path, model_file):
    ask = ("evaluate", "--series", toy, "--models", model_file, "--csv", tmp_path / "all.csv", "--json", *SHARES)
    said = say(*ask, "--store", store)
    document = strict(said.out)
    (row,) = listed(say, store)["runs"]
    run = shown_run(say, store, row["id"])
    name = model_file.stem
    assert row["forecasts"] == len(document["scores"]) * document["n"]
    lines = [line.split(",") for line in (tmp_path / "all.csv").read_text().splitlines()[1:]]
    told = {(model, cutoff): (float(v), float(log)) for _, _, model, _, _, v, log, cutoff in lines}
    kept = {(one["model"], one["as_of"]): (one["variance"], one["log_variance"]) for one in run["forecasts"]}
    assert kept == told
    hashes = {one["model"]: one["model_sha256"] for one in run["forecasts"]}
    assert hashes == {**dict.fromkeys(hashes, ""), name: vrx.load(model_file).sha256}
    scores = {(one["model"], one["name"]): one["value"] for one in run["scores"]}
    for line in document["scores"]:
        for score in ("rmse", "mape", "qlike", "dm_log_p", "in_mcs"):
            assert scores[line["model"], score] == line[score]
    assert {file["path"] for file in run["artefacts"]} == {str(toy), str(tmp_path / "all.csv"), str(model_file)}
    assert run["facts"]["n"] == document["n"]


def test_train_can_record_its_scores_and_files(say, trained, store):
    run, folder = trained()
    storing.keep_training(str(store), run, folder)
    (row,) = listed(say, store)["runs"]
    kept = shown_run(say, store, row["id"])
    rows = [line for part in ("seen", "unseen") if part in run.scores for line in run.scores[part]["mean"]["rows"]]
    assert rows
    scores = {(one["model"], one["horizon"], one["name"]): one["value"] for one in kept["scores"]}
    assert all(scores[line["model"], line["horizon"], "qlike"] == line["qlike"] for line in rows)
    assert {file["path"].rpartition("/")[2] for file in kept["artefacts"]} == {"run.json", "model.safetensors"}


def test_when_the_store_cannot_take_it_then_nothing_is_worked_out(say, toy, tmp_path, model_file, monkeypatch):
    monkeypatch.setattr("vrx.runtime.Forecaster.predict", lambda *_, **__: pytest.fail("asked"))
    monkeypatch.setattr("vrx.evaluation.compare", lambda *_, **__: pytest.fail("compared"))
    held = toy.read_bytes()
    for place, words in ((toy, "no SQLite file"), (tmp_path / "none/x.db", "does not exist"), ("ftp://x", "not known")):
        refused(say("predict", "--series", toy, "--model", model_file, "--store", place), 2, words)
        refused(say("evaluate", "--series", toy, "--store", place), 2, words)
    (tmp_path / "nameless.csv").write_text("Close\n" + "".join(f"{100 + k % 7}\n" for k in range(300)))
    ask = ("predict", "--series", tmp_path / "nameless.csv", "--store", tmp_path / "x.db")
    refused(say(*ask), 2, "has no dates", "give a date column")
    drawn = ("--plot", tmp_path / "x.png", "--store", tmp_path / "x.png")
    refused(say("predict", "--series", toy, "--model", model_file, *drawn), 2, "overwrite what --store names")
    refused(say("evaluate", "--series", toy, *drawn), 2, "overwrite what --store names")
    assert toy.read_bytes() == held
    assert not (tmp_path / "x.db").exists()


def test_the_command_in_a_report_has_no_password(monkeypatch):
    for words in (["--store", SECRET], [f"--store={SECRET}"]):
        monkeypatch.setattr(sys, "argv", ["vrx", "evaluate", *words, "--series", "a b.csv"])
        assert storing.command().replace("--store=", "--store ") == (
            "vrx evaluate --store postgresql+psycopg://host/db --series 'a b.csv'"
        )


# -- vrx runs ----------------------------------------------------------------------------------------------------------


def forecast(day, variance, model="toy"):
    return ForecastRow(series="btc", model=model, as_of=date(2024, 1, day), horizon=1, variance=variance)


@pytest.fixture
def two(store):
    """A store of two runs, which share two days, and one that shares none."""
    qlike, mae = (ScoreRow(model="toy", horizon=1, name=name, value=0.25) for name in ("qlike", "mae"))
    other = ScoreRow(model="toy", horizon=1, name="qlike", value=0.5)
    file = Artefact(path="a.csv", sha256="0" * 64, bytes=1234)
    runs = [
        (
            Run(id="aaaa1", command="evaluate", series="btc", facts={"n": 3, "target": "t"}),
            [*(forecast(k, 1e-4) for k in (1, 2, 3)), qlike, mae, file],
        ),
        (
            Run(id="aaaa2", command="evaluate", series="btc", facts={"n": 2, "target": "t", "notes": ["x"]}),
            [forecast(1, 1e-4), forecast(2, 4e-4), other],
        ),
        (Run(id="bbbb", command="predict", series="btc [bold]"), [forecast(k, 1e-4, "x") for k in range(1, 31)]),
    ]
    with open_store(store) as opened:
        for run, rows in runs:
            opened.record(run, rows)
    return store


def test_list_shows_the_newest_runs(say, two):
    said = say("runs", "list", "--store", two)
    assert (said.code, said.err) == (0, "")
    head, *rows = said.out.splitlines()
    assert head.split() == ["run", "recorded", "command", "series", "forecasts", "scores", "artefacts"]
    assert [row.split()[0] for row in rows] == ["aaaa1", "aaaa2", "bbbb"]
    assert rows[0].split()[-3:] == ["3", "2", "1"]
    assert "btc [bold]" in rows[2]
    document = listed(say, two, "--last", "1")
    assert (document["total"], [row["id"] for row in document["runs"]]) == (3, ["bbbb"])
    assert "the last 2 of 3: --last 3 shows all" in say("runs", "list", "--store", two, "--last", "2").out


def test_show_tells_all_of_a_run_and_how_much_it_leaves_out(say, two):
    out = say("runs", "show", "aaaa1", "--store", two).out
    assert out.startswith("run aaaa1: evaluate, btc, recorded 20")
    for words in ("n: 3", "target: t", "2024-01-03", "1.0000e-04", "1.000%", "qlike", "a.csv  1,234"):
        assert words in out
    assert "20 of 30 forecasts: --json prints all" in say("runs", "show", "b", "--store", two).out
    assert len(shown_run(say, two, "b")["forecasts"]) == 30


def test_compare_holds_runs_against_each_other(say, two):
    said = say("runs", "compare", "aaaa1", "aaaa2", "bbbb", "--store", two, "--json")
    document = strict(said.out)
    assert [run["id"] for run in document["runs"]] == ["aaaa1", "aaaa2", "bbbb"]
    assert document["differs"]["n"] == [3, 2, None]
    assert "notes" not in document["differs"]
    values = {row["name"]: row["values"] for row in document["scores"]}
    assert values == {"mae": [0.25, None, None], "qlike": [0.25, 0.5, None]}
    assert document["forecasts"] == [
        {"shared": 2, "largest_difference": pytest.approx(0.5)},
        {"shared": 0, "largest_difference": None},
    ]
    out = say("runs", "compare", "aaaa1", "aaaa2", "--store", two).out
    (line,) = [line for line in out.splitlines() if "qlike" in line]
    assert line.split() == ["test", "toy", "1", "qlike", "0.25", "0.5"]
    assert "  n: 3 | 2" in out
    assert "target" not in out
    assert "aaaa2 and aaaa1 share 2 forecasts; volatility differs by 0.5 at most, relative" in out


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["list", "--store", "none.db"], ["none.db: there is no such file"]),
        (["list", "--store", "{store}", "--last", "0"], ["--last 0", "1 or more"]),
        (["show", "zz", "--store", "{store}"], ["no run 'zz'", "vrx runs list"]),
        (["show", "", "--store", "{store}"], ["no run ''", "vrx runs list"]),
        (
            ["list", "--last", "1" + 20 * "0", "--store", "{store}"],
            ["last is 100000000000000000000: use 2147483647 at most"],
        ),
        (["show", "aaaa", "--store", "{store}"], ["more than one run begins with aaaa"]),
        (["compare", "aaaa1", "--store", "{store}"], ["nothing to be compared with"]),
        (["compare", "aaaa1", "aaaa1", "--store", "{store}"], ["named twice"]),
        (["list", "--store", SECRET.replace("psycopg", "asyncpg")], ["postgresql+asyncpg is not known"]),
    ],
)
def test_when_runs_is_asked_for_what_is_not_there_then_one_line_says_so(say, two, command, words, monkeypatch):
    monkeypatch.chdir(two.parent)
    said = say("runs", *(word.replace("{store}", str(two)) for word in command))
    refused(said, 2, *words)
    assert "s3cret" not in said.err


def test_when_the_server_does_not_answer_then_one_line_without_the_password_says_so(say, tmp_path):
    said = say("runs", "list", "--store", f"postgresql+psycopg://me:s3cret@/db?host={tmp_path}")
    refused(said, 1, "store postgresql+psycopg:///db: connection ", "server")
    assert "s3cret" not in said.err


def test_nothing_of_a_store_moves_the_terminal(say, two):
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(two)) as connection, connection:
        connection.execute("UPDATE vrx_runs SET facts = ?", [json.dumps({"x": "\x1b[2J"})])
        connection.execute("UPDATE vrx_scores SET value = 'x' WHERE run_id = 'aaaa2'")
        connection.execute("UPDATE vrx_artefacts SET path = char(27) || '[2J'")
    assert "\x1b" not in say("runs", "show", "bbbb", "--store", two).out
    refused(say("runs", "show", "aaaa2", "--store", two), 2, "qlike is 'x'")
    refused(say("runs", "show", "aaaa1", "--store", two), 2, "path is")
    assert say("runs", "list", "--store", two).code == 0
