"""``vrx risk``: what it prints and draws, and what it refuses."""

import datetime

import numpy as np
import pytest
from scipy import stats

import vrx
from tests.command_line import refused, strict
from vrx.cli import risk_answer, risk_sigma, volatility_fits
from vrx.econometrics import Garch, backtest, kupiec, risk_forecast

MODELS = ("garch", "har", "figarch", "dynamic-fractional", "static-fractional")
N = 700


def garch(n, seed=1, alpha=0.08, beta=0.9):
    """Returns of 1% a day that cluster, with thick tails."""
    rng, variance, out = np.random.default_rng(seed), 1.0, []
    for shock in rng.standard_t(6, n) * np.sqrt(4 / 6):
        out.append(np.sqrt(variance) * shock)
        variance = 1.0 - alpha - beta + alpha * out[-1] ** 2 + beta * variance
    return 0.01 * np.array(out)


RETURNS = garch(N)


@pytest.fixture
def made(tmp_path):
    """A CSV of closes with these returns."""

    def write(returns=RETURNS, file="made.csv"):
        closes = 100.0 * np.exp(np.cumsum(np.append(0.0, returns)))
        days = np.datetime64("2020-01-01") + np.arange(len(closes))
        rows = "\n".join(f"{day},{close!r}" for day, close in zip(days, closes.tolist(), strict=True))
        path = tmp_path / file
        path.write_text(f"Date,Close\n{rows}\n")
        return path

    return write


@pytest.fixture
def series(made):
    return made()


def asked(path, model, first=None, levels=(0.05,), law="student"):
    """The answer of the Python behind the command."""
    bars = vrx.read(path)
    where = volatility_fits.market(bars, None)
    day = None if first is None else datetime.date.fromisoformat(first)
    return where, risk_answer.ask(where, bars, risk_sigma.source(model), levels, law, day)


def test_json_has_exactly_the_documented_keys_and_the_risk_of_a_garch_fitted_to_all_days(say, series):
    said = say("risk", "--series", series, "--level", "0.05", "--level", "0.01", "--json")
    assert (said.code, said.err) == (0, "")
    document = strict(said.out)
    assert list(document) == [
        *("series", "measure", "n", "first", "last", "model", "law", "sigma", "risk", "backtest", "notes")
    ]
    assert (document["series"], document["n"], document["last"]) == ("made", N, "2021-12-01")
    assert (document["model"], document["law"], document["backtest"]) == ("garch", "student", None)
    fitted = Garch().fit(np.diff(np.log(vrx.read(series)["close"])))
    assert document["sigma"] == pytest.approx(fitted.next_sigma, rel=1e-12)
    shocks = fitted.returns / fitted.sigma
    # Student's t of variance 1 by the maximum likelihood of SciPy, and its quantile and tail mean.
    degrees = np.linspace(3.0, 20.0, 1701)
    scale = np.sqrt((degrees - 2.0) / degrees)
    likelihood = [stats.t.logpdf(shocks, d, scale=s).sum() for d, s in zip(degrees, scale, strict=True)]
    best = int(np.argmax(likelihood))
    law = stats.t(degrees[best], scale=scale[best])
    assert [row["level"] for row in document["risk"]] == [0.01, 0.05]
    for row in document["risk"]:
        assert row["var"] == pytest.approx(-fitted.next_sigma * law.ppf(row["level"]), rel=1e-3)
        mean = law.expect(lambda x: x, ub=law.ppf(row["level"])) / row["level"]
        assert row["es"] == pytest.approx(-fitted.next_sigma * mean, rel=1e-3)
        assert row["var_of_position"] == pytest.approx(1.0 - np.exp(-row["var"]), rel=1e-12)
        assert row["es_of_position"] == pytest.approx(1.0 - np.exp(-row["es"]), rel=1e-12)


def test_the_backtest_of_json_is_that_of_the_python_face_on_its_own_days(say, series):
    ask = ("risk", "--series", series, "--law", "historical", "--level", "0.05", "--backtest", "2021-08-01")
    document = strict(say(*ask, "--json").out)
    where, answer = asked(series, "garch", "2021-08-01", law="historical")
    found, record = answer.tested[0], document["backtest"]
    assert (record["first"], record["last"], record["days"]) == ("2021-08-01", "2021-12-01", 123)
    (level,) = record["levels"]
    hits = [day for day, hit in zip(where.days[-123:], found.forecast.exceedances, strict=True) if hit]
    assert level["dates"] == hits and len(hits) == level["exceedances"] > 0
    assert level["expected"] == pytest.approx(0.05 * 123)
    tests = backtest(found.forecast)
    wanted = (tests.kupiec, tests.independence, tests.conditional, tests.dynamic_quantile, tests.z1, tests.z2)
    assert [row["statistic"] for row in level["tests"]] == [one.statistic for one in wanted]
    assert [row["p_value"] for row in level["tests"]] == [one.p_value for one in wanted]
    assert list(level["tests"][0]) == ["name", "statistic", "p_value", "degrees", "rejects", "meaning"]
    assert kupiec(found.forecast.exceedances, 0.05).statistic == level["tests"][0]["statistic"]
    # The next day is the same with and without a backtest.
    assert document["risk"] == strict(say(*ask[:-2], "--json").out)["risk"]


def test_the_volatility_of_a_backtest_is_refitted_every_22_days_to_the_days_before_alone(series):
    where, answer = asked(series, "garch", "2021-10-01")
    start, var = answer.start, answer.tested[0].forecast.var
    assert where.days[start] == "2021-10-01"
    first, second = (Garch().fit(where.returns[:at]) for at in (start, start + 22))
    sigma = np.append(first.sigma, first.next_sigma)
    wanted = risk_forecast(np.append(where.returns[:start], 0.0), sigma, level=0.05, start=start).var[0]
    assert var[0] == pytest.approx(wanted, rel=1e-9)
    # The 22nd day has the parameters of the first and a new return each day; the 23rd has new ones, and a new law.
    degrees = answer.tested[0].forecast.tails.degrees
    assert degrees[0] == degrees[21] != degrees[22]
    assert var[21] / var[0] == pytest.approx(first.on(where.returns[: start + 21]).next_sigma / sigma[-1], rel=1e-9)
    quantile = np.sqrt(1.0 - 2.0 / degrees[22]) * stats.t.ppf(0.05, degrees[22])
    assert var[22] == pytest.approx(-second.next_sigma * quantile, rel=1e-4)
    assert second.next_sigma != pytest.approx(first.on(where.returns[: start + 22]).next_sigma, rel=1e-4)


@pytest.mark.parametrize("model", ["garch", "dynamic-fractional", "universal-close"])
@pytest.mark.parametrize("law", ["student", "historical"])
def test_when_a_day_changes_then_no_forecast_up_to_it_changes_a_bit(made, model, law):
    at = 640
    changed = RETURNS.copy()
    changed[at] = -0.2
    changed[at + 1 :] *= 3.0
    one, two = (
        asked(made(returns, f"{k}.csv"), model, "2021-08-01", law=law)[1]
        for k, returns in enumerate((RETURNS, changed))
    )
    before = at - one.start + 1
    assert one.start == two.start and before > 40
    for name in ("var", "es"):
        first, second = (getattr(answer.tested[0].forecast, name) for answer in (one, two))
        np.testing.assert_array_equal(first[:before], second[:before])
        assert first[before] != second[before]


def test_a_network_forecasts_the_day_after_its_window_in_the_size_of_the_returns_so_far(series):
    where, answer = asked(series, "universal-close", "2021-08-01")
    bars, forecaster = vrx.read(series), vrx.load("universal-close")
    begin = forecaster.spec.lookback - 1  # the first return that a whole window of closes comes before
    own = np.array([forecaster.predict(vrx.read(bars["close"][: k + 2])).volatility[0] for k in range(begin - 1, N)])
    shocks = where.returns[begin:] / own[:-1]
    assert answer.sigma == pytest.approx(own[-1] * np.sqrt(np.mean(shocks**2)), rel=1e-5)
    at = answer.start + 7
    size = np.sqrt(np.mean(shocks[: at - begin] ** 2))
    tails = answer.tested[0].forecast.tails
    quantile = np.sqrt(1.0 - 2.0 / tails.degrees[7]) * stats.t.ppf(0.05, tails.degrees[7])
    assert answer.tested[0].forecast.var[7] == pytest.approx(-size * own[at - begin] * quantile, rel=1e-5)
    assert any("to 2021-12-01 are not out of sample" in note for note in answer.notes)
    assert not any("out of sample" in note for note in asked(series, "universal-close")[1].notes)


def test_the_table_says_in_words_what_may_be_lost_and_what_each_test_found(say, series):
    said = say("risk", "--series", series, "--level", "0.05", "--backtest", "2021-06-01", "--law", "normal")
    assert (said.code, said.err) == (0, "")
    _, answer = asked(series, "garch", "2021-06-01", law="normal")
    words = " ".join(said.out.split())
    var, es = (100.0 * (1.0 - np.exp(-loss)) for loss in (answer.levels[0].var, answer.levels[0].es))
    assert f"with a probability of 5% a long position loses more than {var:.2f}% of its value" in words
    assert f"and then about {es:.2f}% on average" in words
    assert "made: 700 daily log returns from 2020-01-02 to 2021-12-01" in said.out
    tests = answer.tested[0].tests
    assert f"{tests.days} days from 2021-06-01 to 2021-12-01, {tests.exceedances} exceedances, 9.2 expected" in words
    names = ("Kupiec", "Christoffersen, independence", "Christoffersen, both", "dynamic quantile")
    for name in (*names, "Acerbi-Szekely Z1", "Acerbi-Szekely Z2"):
        (line,) = [line for line in said.out.splitlines() if line.startswith(name)]
        assert len(line) > 60
    assert "p-values are rough" in said.out


def test_when_forecasts_are_too_low_or_too_high_then_the_verdicts_say_so(say, made):
    rng = np.random.default_rng(0)
    # Three times the volatility in every second week: GARCH on the quiet past is too low, and then too high.
    loud = np.where(np.arange(400) < 300, 0.005, 0.03) * rng.standard_normal(400)
    said = say("risk", "--series", made(loud), "--model", "har", "--law", "normal", "--backtest", "2020-10-27")
    words = " ".join(said.out.split())
    assert "too many exceedances: the value at risk is too low" in words
    assert "such losses are more or deeper than forecast" in words
    quiet = np.where(np.arange(900) < 300, 0.05, 0.0002) * rng.standard_normal(900)
    quiet[300:600:2] = 0.0
    said = say(
        *("risk", "--series", made(quiet), "--model", "figarch", "--law", "historical", "--level", "0.2"),
        *("--backtest", "2020-10-27"),
    )
    assert "too few exceedances: the value at risk is too high" in " ".join(said.out.split())


def test_when_no_day_exceeds_then_there_is_no_depth_to_measure(say, made):
    calm = np.append(RETURNS, 0.0001 * np.random.default_rng(0).standard_normal(30))
    ask = ("risk", "--series", made(calm), "--level", "0.01", "--backtest", "2021-12-05")
    (level,) = strict(say(*ask, "--json").out)["backtest"]["levels"]
    assert level["exceedances"] == 0 and level["dates"] == []
    z1 = next(row for row in level["tests"] if row["name"] == "Acerbi-Szekely Z1")
    assert (z1["statistic"], z1["p_value"], z1["rejects"]) == (None, None, False)
    assert "no exceedance, so nothing to measure" in say(*ask).out


@pytest.mark.parametrize("model", MODELS)
def test_every_model_of_volatility_answers(say, series, model):
    document = strict(say("risk", "--series", series, "--model", model, "--level", "0.025", "--json").out)
    (row,) = document["risk"]
    assert document["model"] == model
    assert 1.8 * document["sigma"] < row["var"] < 2.3 * document["sigma"] < row["es"] < 0.2


def test_a_network_answers_by_its_name_or_as_a_file(say, series, tmp_path):
    document = strict(say("risk", "--series", series, "--model", "universal-close", "--json").out)
    assert document["model"] == "universal-close"
    file = tmp_path / "mine.onnx"
    file.write_bytes(vrx.load("universal-close").path.read_bytes())
    assert strict(say("risk", "--series", series, "--model", file, "--json").out) == document
    assert 0.003 < document["sigma"] < 0.03
    assert any("has the size of the returns" in note for note in document["notes"])


def test_as_of_uses_nothing_after_that_day(say, series, made):
    one = strict(say("risk", "--series", series, "--as-of", "2021-09-30", "--json").out)
    other = strict(say("risk", "--series", made(RETURNS[:638], "short.csv"), "--json").out)
    assert one["last"] == other["last"] == "2021-09-30"
    assert one["risk"] == other["risk"]


def test_the_picture_is_a_png_of_the_backtest(say, series, tmp_path):
    path = tmp_path / "risk.png"
    assert say("risk", "--series", series, "--backtest", "2021-10-01", "--plot", path).code == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("returns", "options", "words"),
    [
        (RETURNS, ["--model", "arima"], ["--model arima", "take one of dynamic-fractional, static-fractional, garch"]),
        (RETURNS, ["--level", "0.5"], ["--level 0.5", "above 0 and below 0.5"]),
        (RETURNS, ["--level", "nan"], ["--level nan", "above 0 and below 0.5"]),
        (RETURNS, ["--backtest", "1.1.2021"], ["--backtest 1.1.2021", "write it as 2022-12-30"]),
        (RETURNS, ["--backtest", "2021-11-20"], ["only 12 returns from then to 2021-12-01", "at least 22"]),
        (RETURNS, ["--backtest", "2030-01-01"], ["only 0 returns from then"]),
        (
            RETURNS,
            ["--backtest", "2020-02-01"],
            ["only 30 returns before 2020-02-01", "it takes 100", "2020-04-11 or later"],
        ),
        (
            RETURNS,
            ["--backtest", "2021-01-01", "--law", "historical", "--level", "0.001"],
            ["only 365 returns before 2021-01-01", "it takes 1000: give a longer history"],
        ),
        (RETURNS[:252], ["--model", "dynamic-fractional", "--backtest", "2020-06-01"], ["it takes 252: give a longer"]),
        (RETURNS[:99], [], ["made: 99 returns are too few: give at least 101"]),
        (RETURNS[:100], [], ["made: 100 returns are too few: give at least 101"]),
        (RETURNS[:300], ["--model", "universal-close"], ["made: 301 days are too few", "give 354 or more"]),
        (RETURNS, ["--model", "universal-ohlc"], ["model universal-ohlc reads open, high, low, close"]),
        (RETURNS, ["--plot", "x.png"], ["--plot x.png", "add --backtest DAY"]),
        (RETURNS, ["--plot", "x.jpg", "--backtest", "2021-01-01"], ["--plot x.jpg", ".png"]),
        (np.zeros(200), [], ["the price never moves"]),
        (
            np.append(0.01 * np.random.default_rng(0).standard_normal(250), np.zeros(250)),
            ["--model", "har"],
            # Of which day, and whether as 0 or as 1e-7, hangs on how far the optimiser gets.
            ["made: the volatility of ", " by har is ", ": take another model"],
        ),
        (0.01 + 0.001 * RETURNS[:300], ["--law", "historical"], ["made: the value at risk[0] is -", "no loss"]),
    ],
)
def test_when_it_cannot_answer_then_one_line_says_why(say, made, returns, options, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(say("risk", "--series", made(returns), *options), 2, *words)
    assert [path.name for path in tmp_path.iterdir()] == ["made.csv"]


def test_a_series_without_dates_has_no_day_to_begin_a_backtest_with(say, tmp_path):
    path = tmp_path / "bare.csv"
    path.write_text("Close\n" + "\n".join(map(repr, (100.0 * np.exp(np.cumsum(RETURNS))).tolist())) + "\n")
    assert say("risk", "--series", path).code == 0
    refused(say("risk", "--series", path, "--backtest", "2021-01-01"), 2, "bare has no dates: give a date column")


def test_a_damaged_model_file_ends_with_3(say, series, tmp_path):
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"no graph")
    refused(say("risk", "--series", series, "--model", bad), 3, "bad.onnx")


@pytest.mark.parametrize("absent", ["arch", "scipy", "matplotlib"])
def test_without_the_extra_one_line_names_the_install(fresh, series, absent, tmp_path):
    code = f"""
import sys
sys.modules[{absent!r}] = None
from vrx.cli import main
sys.argv = ["vrx", *sys.argv[1:]]
main()
"""
    plot = ("--plot", tmp_path / "x.png", "--backtest", "2021-10-01") if absent == "matplotlib" else ()
    done = fresh(code, "risk", "--series", series, *plot)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert f'needs {absent}: pip install "vrx[research]"' in done.err
