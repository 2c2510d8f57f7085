"""``vrx volatility``: what it fits, what it prints and saves, and what it refuses."""

import csv
import io
import json
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vrx
from tests.command_line import refused, strict
from vrx.cli import volatility_saved
from vrx.cli.volatility_answer import answer_of
from vrx.cli.volatility_fits import MODELS, Market, market, named
from vrx.econometrics import RIVALS, DynamicFractionalVolatility, Result, RivalResult
from vrx.errors import InputError
from vrx.series import Bars

DAY = 290
ANSWER = [
    *("model", "fitted", "parameters", "log_likelihood", "aic", "bic", "converged", "reason", "floored", "capped"),
    *("hurst", "forecast", "note"),
]


@pytest.fixture(autouse=True)
def no_bar(monkeypatch):
    """What is printed must not depend on how busy the machine is."""
    monkeypatch.setattr("vrx.cli.common.PATIENCE", 1e9)


@pytest.fixture
def series(csv_file, bars):
    return csv_file(bars, ("close",))


@pytest.fixture(scope="module")
def returns(bars):
    return np.diff(np.log(bars["close"]))


@pytest.fixture(scope="module")
def fitted(returns):
    """The fit of the default model to the toy."""
    return DynamicFractionalVolatility().fit(returns)


def prices(values):
    return Bars(MappingProxyType({"close": np.array(values)}), None, "toy", 365, ())


def table(text):
    """Lines that were printed, by their first cell; of two, the first."""
    return {cells[0]: cells[1:] for line in reversed(text.splitlines()) if (cells := line.split())}


# -- one model ---------------------------------------------------------------------------------------------------------


def test_without_a_model_it_is_the_dynamic_one_with_the_numbers_of_the_python_face(say, series, fitted):
    said = say("volatility", "--series", series)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("toy: dynamic-fractional, fitted to 319 returns from 2020-01-02 to 2020-11-15\n")
    assert f"log-likelihood {fitted.log_likelihood:.2f}, AIC {fitted.aic:.2f}, BIC {fitted.bic:.2f}" in said.out
    assert f"days with sigma at its floor: {fitted.floored}, at its ceiling: {fitted.capped}" in said.out
    assert f"at Hurst exponent {fitted.hurst[-1]:.3f}" in said.out
    rows = table(said.out)
    daily = np.sqrt(fitted.forecast(22))
    for days in (1, 5, 22):
        assert rows[str(days)] == [f"{daily[days - 1]:.2%}", f"{daily[days - 1] * 365**0.5:.1%}"]
    for name, value in fitted.parameters.items():
        assert rows[name][0] == f"{value:.4g}"
    assert rows["level"][:2] == [f"{fitted.law.level:.4g}", f"{fitted.law_errors['level']:.4g}"]
    assert rows["slope"][:2] == [f"{fitted.law.slope:.4g}", f"{fitted.law_errors['slope']:.4g}"]


@pytest.mark.parametrize("name", RIVALS)
def test_a_rival_prints_its_parameters_and_forecast(say, series, returns, name):
    found = RIVALS[name]().fit(returns)
    said = say("volatility", "--series", series, "--model", name)
    rows = table(said.out)
    for key, value in found.parameters.items():
        assert rows[key][0] == f"{value:.4g}"
        assert len(rows[key]) == 2  # arch gives one error
    assert rows["1"][0] == f"{np.sqrt(found.forecast(1)[0]):.2%}"
    assert "floor" not in said.out


def test_json_has_exactly_the_documented_keys_and_the_numbers_of_the_python_face(say, series, fitted):
    document = strict(say("volatility", "--series", series, "--json").out)
    assert list(document) == [
        *("series", "measure", "n", "first", "last", "periods_per_year", "units", "models", "notes")
    ]
    assert (document["series"], document["measure"], document["n"]) == ("toy", "close", 319)
    (model,) = document["models"]
    assert list(model) == ANSWER
    assert [model[name] for name in ("log_likelihood", "aic", "bic")] == [
        *(fitted.log_likelihood, fitted.aic, fitted.bic)
    ]
    assert (model["floored"], model["capped"], model["hurst"]) == (fitted.floored, fitted.capped, fitted.hurst[-1])
    assert [line["horizon"] for line in model["forecast"]] == [1, 5, 22]
    assert [line["variance"] for line in model["forecast"]] == fitted.forecast(22)[[0, 4, 21]].tolist()
    assert list(model["forecast"][0]) == ["horizon", "variance", "volatility", "volatility_annualised"]
    assert list(model["parameters"][0]) == ["name", "estimate", "standard_error", "robust_error"]
    robust = {one["name"]: one["robust_error"] for one in model["parameters"]}
    assert robust["slope"] == np.sqrt(fitted.inference.robust[1, 1])


def test_the_docstring_names_every_key_of_the_json(say, series):
    document = strict(say("volatility", "--series", series, "--json").out)
    (model,) = document["models"]
    text = say("volatility", "--help").out
    for name in (*document, *model, *model["parameters"][0], *model["forecast"][0]):
        assert f'"{name}"' in text


def test_csv_is_the_path_of_sigma_and_its_last_line_the_next_day(say, series, fitted, returns):
    said = say("volatility", "--series", series, "--csv")
    *rows, last = csv.DictReader(io.StringIO(said.out))
    assert [float(row["return"]) for row in rows] == returns.tolist()
    assert [float(row["sigma"]) for row in rows] == fitted.sigma.tolist()
    assert [float(row["hurst"]) for row in rows] == fitted.hurst.tolist()
    assert (rows[0]["date"], rows[-1]["date"]) == ("2020-01-02", "2020-11-15")
    assert (last["date"], float(last["sigma"])) == ("next", pytest.approx(fitted.next_sigma, rel=1e-14))
    rival = list(csv.DictReader(io.StringIO(say("volatility", "--series", series, "--model", "har", "--csv").out)))
    assert {row["hurst"] for row in rival} == {""}


def test_a_column_of_returns_will_do_where_there_is_no_close(say, csv_file, bars):
    path = csv_file(bars, ("variance", "return"))
    (model,) = strict(say("volatility", "--series", path, "--json").out)["models"]
    assert model["log_likelihood"] == DynamicFractionalVolatility().fit(bars["return"]).log_likelihood


def test_options_reach_the_model(say, series, returns):
    def likelihood(*more):
        return strict(say("volatility", "--series", series, *more, "--json").out)["models"][0]["log_likelihood"]

    def truth(**options):
        return DynamicFractionalVolatility(**options).fit(returns).log_likelihood

    values = [
        (likelihood(), truth()),
        (likelihood("--window", 100), truth(window=100)),
        (likelihood("--innovation", "absolute"), truth(innovation="absolute")),
        (likelihood("--model", "static-fractional"), truth(hurst=0.55)),
        (likelihood("--days", 260), DynamicFractionalVolatility().fit(returns, days=260).log_likelihood),
        (likelihood("--model", "garch", "--days", 260), RIVALS["garch"]().fit(returns[-260:]).log_likelihood),
    ]
    assert all(said == wanted for said, wanted in values)
    assert len({said for said, _ in values}) == len(values)


def test_annualise_changes_the_year_alone(say, series):
    def forecast(*more):
        return strict(say("volatility", "--series", series, *more, "--json").out)["models"][0]["forecast"][0]

    calendar, trading = forecast(), forecast("--annualise", "252")
    assert calendar["volatility"] == trading["volatility"]
    assert trading["volatility_annualised"] == pytest.approx(trading["volatility"] * 252**0.5)
    assert calendar["volatility_annualised"] == pytest.approx(calendar["volatility"] * 365**0.5)


def test_as_of_uses_nothing_after_that_day(say, csv_file, bars):
    last = str(bars.dates[DAY - 1])
    document = strict(say("volatility", "--series", csv_file(bars, ("close",)), "--as-of", last, "--json").out)
    short = csv_file(bars.head(DAY), ("close",), file="short.csv")
    alone = strict(say("volatility", "--series", short, "--json").out)
    assert document["last"] == last
    assert document["models"][0] == alone["models"][0]


def test_when_a_fit_has_not_converged_then_every_form_says_so_and_the_exit_code_is_0(say, series, fitted):
    assert not fitted.converged, "the toy must leave the default model at the end of its range"
    for form in ([], ["--csv"]):
        said = say("volatility", "--series", series, *form)
        assert said.code == 0
        assert f"dynamic-fractional has not converged: {fitted.reason}" in said.out + said.err
    (model,) = strict(say("volatility", "--series", series, "--json").out)["models"]
    assert (model["converged"], model["reason"]) == (False, fitted.reason)


def test_at_alpha_0_no_error_is_told_of_kappa_and_lambda(returns, fitted):
    assert fitted.law.power == 0.0
    shown = answer_of(market(prices(np.exp(np.cumsum([0.0, *returns]))), None), "dynamic-fractional", fitted)
    errors = {one.name: one.standard_error for one in shown.parameters}
    assert errors["kappa"] is None
    assert errors["lambda"] is None
    assert errors["slope"] > 0.0


def test_errors_of_a_fit_that_has_some_are_those_of_the_python_face(say, market, csv_file):
    moved = csv_file(market(days=1500, seed=1), ("close",))
    found = DynamicFractionalVolatility(innovation="absolute").fit(np.diff(np.log(vrx.read(moved)["close"])))
    assert found.converged
    said = say("volatility", "--series", moved, "--innovation", "absolute")
    for name in found.parameters:
        wanted = (found.parameters[name], found.standard_errors[name], found.robust_errors[name])
        assert table(said.out)[name] == [f"{value:.4g}" for value in wanted]
    assert "\nconverged\n" in said.out
    assert "not converged" not in said.out


def test_when_arch_cannot_tell_errors_then_the_others_stand(returns):
    class Singular:
        def __init__(self, found):
            self.found = found

        def __getattr__(self, name):
            if name == "std_err":
                raise np.linalg.LinAlgError
            return getattr(self.found, name)

    found = RIVALS["garch"]().fit(returns)
    found._found = Singular(found._found)
    shown = answer_of(market(prices(np.exp(np.cumsum([0.0, *returns]))), None), "garch", found)
    assert [one.robust_error for one in shown.parameters] == [None] * 3
    assert [one.estimate for one in shown.parameters] == list(found.parameters.values())


def test_an_infinite_forecast_is_null_in_json(say, series, monkeypatch):
    monkeypatch.setattr(RivalResult, "forecast", lambda self, horizon, seed: np.full(horizon, np.inf))
    said = say("volatility", "--series", series, "--model", "garch", "--json")
    assert said.code == 0
    assert {line["volatility"] for line in strict(said.out)["models"][0]["forecast"]} == {None}


def test_many_days_without_movement_are_told(say, csv_file, bars):
    close = bars["close"].copy()
    close[100:130] = close[100]
    still = Bars(MappingProxyType({"close": close}), bars.dates, "toy", 365, ())
    assert "29 of 319 returns are 0" in say("volatility", "--series", csv_file(still, ("close",))).out
    assert "returns are 0" not in say("volatility", "--series", csv_file(bars, ("close",))).out


# -- several models ----------------------------------------------------------------------------------------------------


@given(names=st.lists(st.sampled_from([*MODELS, "all"]), min_size=1))
def test_models_come_once_and_in_one_order(names):
    chosen = named(names)
    assert chosen == [name for name in MODELS if name in chosen]
    assert set(chosen) == (set(MODELS) if "all" in names else set(names))


def test_all_compares_every_model_by_its_own_numbers(say, series):
    options = ("volatility", "--series", series)
    models = strict(say(*options, "--model", "all", "--json").out)["models"]
    assert [model["model"] for model in models] == list(MODELS)
    for model in models:
        assert strict(say(*options, "--model", model["model"], "--json").out)["models"] == [model]
    rows = table(say(*options, "--model", "all").out)
    for model in models:
        scores = [f"{model[name]:.1f}" for name in ("log_likelihood", "aic", "bic")]
        first = model["forecast"][0]
        shown = [f"{first['volatility']:.2%}", f"{first['volatility_annualised']:.1%}"]
        assert rows[model["model"]] == [*scores, *shown, "yes" if model["converged"] else "no"]
    least = min(models, key=lambda model: model["aic"])["model"]
    assert f"least AIC: {least};" in say(*options, "--model", "all").out
    lines = list(csv.DictReader(io.StringIO(say(*options, "--model", "all", "--csv").out)))
    assert [float(line["bic"]) for line in lines] == [model["bic"] for model in models]
    assert [float(line["volatility_22"]) for line in lines] == [model["forecast"][2]["volatility"] for model in models]


def test_a_model_that_cannot_be_fitted_has_an_empty_row_and_a_reason(say, csv_file, bars):
    options = ("volatility", "--series", csv_file(bars.head(150), ("close",)), "--model", "all")
    why = "149 returns are too few for dynamic-fractional: give at least 253 days"
    said = say(*options)
    assert said.code == 0
    assert table(said.out)["static-fractional"] == ["-"] * 6
    assert why in said.out
    models = strict(say(*options, "--json").out)["models"]
    assert list(models[0]) == ANSWER
    assert (models[0]["aic"], models[0]["note"]) == (None, why)
    assert models[2]["aic"] is not None
    written = say(*options, "--csv")
    assert why in written.err
    assert next(csv.DictReader(io.StringIO(written.out)))["aic"] == ""


def test_when_no_model_can_be_fitted_then_it_is_refused(say, csv_file, bars):
    path = csv_file(bars.head(50), ("close",))
    refused(say("volatility", "--series", path, "--model", "all"), 2, "toy: 49 returns are too few")


# -- a result in a file ------------------------------------------------------------------------------------------------


def test_a_saved_result_takes_the_new_days_of_the_series_without_a_refit(say, series, returns, bars, tmp_path):
    path = tmp_path / "result.json"
    day = str(bars.dates[DAY])
    assert say("volatility", "--series", series, "--as-of", day, "--save", path).code == 0
    wanted = DynamicFractionalVolatility().fit(returns[:DAY])
    before = wanted.parameters
    for value in returns[DAY:]:
        wanted.update(value)
    said = say("volatility", "--series", series, "--update", path)
    assert said.out.startswith(f"toy: dynamic-fractional, fitted to {DAY} returns from 2020-01-02 to {day}\n")
    assert f"updated by {len(returns) - DAY} days after {day}; the parameters are those of result.json" in said.out
    (model,) = strict(say("volatility", "--series", series, "--update", path, "--json").out)["models"]
    assert {one["name"]: one["estimate"] for one in model["parameters"][:3]} == before
    assert [line["variance"] for line in model["forecast"]] == wanted.forecast(22)[[0, 4, 21]].tolist()
    rows = list(csv.DictReader(io.StringIO(say("volatility", "--series", series, "--update", path, "--csv").out)))
    assert [float(row["sigma"]) for row in rows[:-1]] == wanted.sigma.tolist()


def test_without_save_the_file_stays_and_with_it_the_file_moves_on(say, series, bars, tmp_path):
    path = tmp_path / "result.json"
    say("volatility", "--series", series, "--as-of", str(bars.dates[DAY]), "--save", path)
    before = path.read_bytes()
    say("volatility", "--series", series, "--update", path)
    assert path.read_bytes() == before
    say("volatility", "--series", series, "--update", path, "--save", path)
    assert json.loads(path.read_text())["last"] == "2020-11-15"
    assert "no day after 2020-11-15" in say("volatility", "--series", series, "--update", path).out
    assert list(tmp_path.glob(".*")) == []


def test_the_static_model_is_known_again(say, series, tmp_path):
    path = tmp_path / "result.json"
    say("volatility", "--series", series, "--model", "static-fractional", "--save", path)
    assert say("volatility", "--series", series, "--update", path).out.startswith("toy: static-fractional,")


def test_a_series_without_dates_goes_on_by_position(say, bars, tmp_path):
    text = ["close", *map(repr, bars["close"].tolist())]
    (tmp_path / "short.csv").write_text("\n".join(text[: DAY + 1]) + "\n")
    (tmp_path / "long.csv").write_text("\n".join(text) + "\n")
    path = tmp_path / "result.json"
    said = say("volatility", "--series", tmp_path / "short.csv", "--save", path, "--plot", tmp_path / "out.png")
    assert said.code == 0
    said = say("volatility", "--series", tmp_path / "long.csv", "--update", path)
    assert f"updated by {320 - DAY} days after {DAY - 1}" in said.out


@settings(max_examples=10)
@given(stops=st.lists(st.integers(252, 319), min_size=1, max_size=4).map(sorted))
def test_it_makes_no_difference_how_often_a_result_is_saved_between(stops, fitted, returns, tmp_path_factory):
    """Law: one update over all days, or one a stop, with a file between, end in the same bits."""
    path = tmp_path_factory.mktemp("saved") / "result.json"

    def known(days):
        return Market("toy", "close", returns[:days], tuple(map(str, range(days))), None, 365, ())

    begin = DynamicFractionalVolatility(hurst=0.55, alpha=1.0).fit(returns[:252])
    once, text = Result.from_json(begin.to_json()), begin.to_json()
    for value in returns[252:]:
        once.update(value)
    volatility_saved.save(path, known(252), Result.from_json(text))
    for stop in [*stops, 319]:
        saved = volatility_saved.load(path)
        volatility_saved.updated(saved, known(stop))
        volatility_saved.save(path, known(stop), saved.result)
    assert volatility_saved.load(path).result.to_json() == once.to_json()


def test_a_result_is_not_taken_on_with_another_series(say, series, csv_file, bars, tmp_path):
    path = tmp_path / "result.json"
    say("volatility", "--series", series, "--save", path)
    other = bars["close"].copy()
    other[-3] *= 1.001
    mended = csv_file(Bars(MappingProxyType({"close": other}), bars.dates, "mended", 365, ()), ("close",), "mended.csv")
    refused(say("volatility", "--series", mended, "--update", path), 2, "the return of 2020-11-1", "in mended and")
    early = csv_file(bars.head(310), ("close",), "early.csv")
    refused(say("volatility", "--series", early, "--update", path), 2, "has come to day 2020-11-15, which early does")
    scaled = Bars(MappingProxyType({"close": np.round(bars["close"] * 1.25, 4)}), bars.dates, "toy", 365, ())
    assert say("volatility", "--series", csv_file(scaled, ("close",)), "--update", path).code == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda document: document.update(vrx_volatility=2), "is no result"),
        (lambda document: document.pop("last"), "is no result"),
        (lambda document: document["result"].pop("law"), "the result cannot be read"),
        (lambda document: document["result"].update(format=9), "format 9"),
        (lambda document: document["result"]["model"].update(hurst=None), "was given its exponents"),
    ],
)
def test_a_damaged_result_is_refused(say, series, fitted, returns, tmp_path, change, words):
    path = tmp_path / "result.json"
    volatility_saved.save(path, market(prices(np.exp(np.cumsum([0.0, *returns]))), None), fitted)
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    refused(say("volatility", "--series", series, "--update", path), 2, "result.json", words)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[1]", b"Date,close\n"])
def test_a_file_that_is_no_result_is_refused(say, series, tmp_path, content):
    (tmp_path / "other.json").write_bytes(content)
    refused(say("volatility", "--series", series, "--update", tmp_path / "other.json"), 2, "is no result that vrx")


# -- pictures and refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [[], ["--model", "garch"], ["--model", "all", "--days", 260]])
def test_plot_writes_a_png_and_the_same_text(say, series, tmp_path, more):
    pytest.importorskip("matplotlib")
    said = say("volatility", "--series", series, "--plot", tmp_path / "out.png", *more)
    assert (said.code, said.out) == (0, say("volatility", "--series", series, *more).out)
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


BAD = [
    (["--series", "missing.csv"], "missing.csv"),
    (["--series", "toy.csv", "--model", "arima"], "--model arima: there is no such model: take one of dynamic-"),
    (["--series", "toy.csv", "--json", "--csv"], "take one"),
    (["--series", "toy.csv", "--window", "5"], "--window 5: 5 values are too few"),
    (["--series", "toy.csv", "--window", "0"], "--window 0:"),
    (["--series", "toy.csv", "--window", "500"], "give at least 501 days, or a shorter --window"),
    (["--series", "toy.csv", "--model", "har", "--window", "100"], "--window: has no meaning for har"),
    (["--series", "toy.csv", "--model", "har", "--innovation", "signed"], "--innovation: has no meaning for har"),
    (["--series", "toy.csv", "--days", "100"], "--days 100: dynamic-fractional takes 252 to 319"),
    (["--series", "toy.csv", "--days", "0"], "--days 0"),
    (["--series", "toy.csv", "--days", "320"], "--days 320"),
    (["--series", "toy.csv", "--plot", "out.pdf"], "ends in .png"),
    (["--series", "toy.csv", "--save", "none/result.json"], "the folder does not exist"),
    (["--series", "toy.csv", "--save", "."], "is a folder"),
    (["--series", "toy.csv", "--save", "a.json", "--model", "garch"], "takes one of dynamic-fractional or static-"),
    (["--series", "toy.csv", "--save", "a.json", "--model", "all"], "takes one of dynamic-fractional or static-"),
    (["--series", "toy.csv", "--update", "none.json"], "no such file"),
    (["--series", "toy.csv", "--update", "a.json", "--model", "garch", "--window", "0"], "leave out --model and --win"),
    (["--series", "toy.csv", "--as-of", "2019-01-01"], "no row up to 2019-01-01"),
    (["--series", "two.csv"], "1 returns are too few for dynamic-fractional: give at least 253 days"),
    (["--series", "one.csv"], "1 usable rows are too few"),
    (["--series", "constant.csv"], "the price never moves"),
    (["--series", "variance.csv"], "no returns in variance: name the closes"),
    (["--series", "returns.csv"], "is not a positive price"),
    (["--series", "percent.csv"], "no log return of a day: give decimals, 0.01 for 1%"),
    (["--series", "split.csv"], "the return of 2020-03-01 is -2.3", "by a factor of 0.1"),
    (["--series", "nan.csv"], "row 7, column 'close'"),
    (["--series", "still.csv"], "the price hardly moves in the 252 days to"),
]


@pytest.fixture
def folder(csv_file, bars, returns, tmp_path, monkeypatch):
    """The series that are refused."""
    close = bars["close"]
    stepped, holed, still = close.copy(), close.copy(), close.copy()
    day = int(np.searchsorted(bars.dates, np.datetime64("2020-03-01")))
    stepped[day:] *= 0.1 * close[day - 1] / close[day]
    holed[5] = np.nan
    still[10:300] = still[10]
    made = {
        "toy": {"close": close},
        "two": {"close": close[:2]},
        "one": {"close": close[:1]},
        "constant": {"close": np.full(300, 5.0)},
        "variance": {"variance": bars["variance"]},
        "returns": {"close": returns},
        "percent": {"variance": returns**2, "return": 100.0 * returns},
        "split": {"close": stepped},
        "nan": {"close": holed},
        "still": {"close": still},
    }
    for name, columns in made.items():
        kept = bars.dates[: len(next(iter(columns.values())))]
        csv_file(Bars(MappingProxyType(columns), kept, name, 365, ()), tuple(columns), f"{name}.csv")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "messages"), [(words, said) for words, *said in BAD], ids=[" ".join(b[0]) for b in BAD]
)
def test_when_the_input_is_bad_then_one_line_says_so(say, folder, words, messages):
    refused(say("volatility", *words), 2, *messages)


def test_a_wild_return_is_refused_in_python_too():
    with pytest.raises(InputError, match="the return of 2 is"):
        market(prices([100.0, 101.0, 5.0]), None)


def test_the_base_install_is_enough_for_the_fractional_models_and_the_rivals_name_theirs(fresh, series, tmp_path):
    code = """
import sys
for name in ("torch", "scipy", "pandas", "statsmodels", "arch", "matplotlib", "onnx", "pyarrow"):
    sys.modules[name] = None
from vrx.cli import main
sys.argv = ["vrx", *sys.argv[1:]]
main()
"""
    options = ("volatility", "--series", series)
    done = fresh(code, *options, "--model", "dynamic-fractional", "--model", "static-fractional", "--json")
    assert (done.code, done.err.strip()) == (0, "")  # a busy machine may have shown a bar
    assert all(model["aic"] is not None for model in strict(done.out)["models"])
    refused(fresh(code, *options, "--model", "garch"), 1, "the model garch needs arch", 'pip install "vrx[research]"')
    refused(fresh(code, *options, "--plot", tmp_path / "x.png"), 1, 'pip install "vrx[research]"')
